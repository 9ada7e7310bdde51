"""The statements of the embedded event log. One statement per step, so that a step needs no transaction of its own."""

from typing import Final

PARTITIONS: Final = 12  # of every topic, where nothing else is set: each one held costs a look at each taking (docs/decisions/0050)
NEWS: Final = "rowmill_log_news"  # payload: the topic that has new events
MEMBERS: Final = "rowmill_log_members"  # payload: the group whose members or partitions changed

# The upsert of the heads locks each partition until the commit; in sorted order, so that two publishers never wait for each other.
PUBLISH: Final = f"""
    WITH input AS (
        SELECT topic, partition, body,
               row_number() OVER (PARTITION BY topic, partition ORDER BY place) AS rank,
               count(*) OVER (PARTITION BY topic, partition) AS total
        FROM unnest($1::text[], $2::integer[], $3::bytea[]) WITH ORDINALITY AS u (topic, partition, body, place)
    ), heads AS (
        INSERT INTO log_heads AS head (topic, partition, next_number)
        SELECT topic, partition, count(*) FROM input GROUP BY topic, partition ORDER BY topic, partition
        ON CONFLICT (topic, partition) DO UPDATE SET next_number = head.next_number + excluded.next_number
        RETURNING topic, partition, next_number
    ), written AS (
        INSERT INTO log_events (topic, partition, number, body)
        SELECT topic, partition, next_number - total + rank - 1, body FROM input JOIN heads USING (topic, partition)
    )
    SELECT pg_notify('{NEWS}', topic) FROM (SELECT DISTINCT topic FROM input) AS topics
"""

# Partitions take turns, else a topic with a few events would wait behind one with many; within a partition, order.
TAKE: Final = """
    SELECT place.topic, place.partition, event.number, event.body
    FROM unnest($1::text[], $2::integer[], $3::bigint[], $4::bigint[]) AS place (topic, partition, position, turn)
    CROSS JOIN LATERAL (
        SELECT number, body, written_at, row_number() OVER (ORDER BY number) AS rank
        FROM (
            SELECT number, body, written_at FROM log_events AS e
            WHERE e.topic = place.topic AND e.partition = place.partition AND e.number >= place.position
            ORDER BY number LIMIT $5
        ) AS next
    ) AS event
    ORDER BY event.rank, place.turn, event.written_at LIMIT $5
"""

COMMIT: Final = """
    UPDATE log_offsets AS o SET committed = greatest(o.committed, d.boundary)
    FROM unnest($2::text[], $3::integer[], $4::bigint[]) AS d (topic, partition, boundary)
    WHERE o.group_name = $1 AND o.topic = d.topic AND o.partition = d.partition
"""

# For all groups of the topic: what a group has no row of is nobody's to wait for, and would be forgotten before a member of it comes along.
JOIN_OFFSETS: Final = """
    INSERT INTO log_offsets (group_name, topic, partition)
    SELECT known.group_name, known.topic, partition
    FROM (
        SELECT $1::text, topic FROM unnest($2::text[]) AS topic
        UNION SELECT group_name, topic FROM log_offsets WHERE topic = ANY ($2::text[]) AND partition = 0
    ) AS known (group_name, topic), generate_series(0, $3::integer - 1) AS partition
    ORDER BY group_name, topic, partition ON CONFLICT DO NOTHING
"""

# As many as anybody has written to or made rows of: a member whose own setting is smaller takes from all of them.
PARTITIONS_THERE: Final = """
    SELECT max(partition) + 1 AS partitions FROM unnest($1::text[]) AS asked (topic), LATERAL (
        (SELECT partition FROM log_heads AS h WHERE h.topic = asked.topic ORDER BY partition DESC LIMIT 1)
        UNION ALL (SELECT partition FROM log_offsets AS o WHERE o.group_name = $2 AND o.topic = asked.topic ORDER BY partition DESC LIMIT 1)
    ) AS last
"""

JOIN: Final = """
    INSERT INTO log_members (group_name, topics, pid, backend_start)
    SELECT $1, $2, pid, backend_start FROM pg_stat_activity WHERE pid = pg_backend_pid() RETURNING number
"""

LEAVE: Final = "DELETE FROM log_members WHERE number = $1"

# A member lives while its session does: pid and start time name one, a pid alone could come back for another process.
BEAT: Final = """
    WITH beat AS (UPDATE log_members SET heartbeat_at = now() WHERE number = $1)
    SELECT m.number, m.topics, m.pid, m.number <> $1 AND m.heartbeat_at < now() - make_interval(secs => $3) AS hung
    FROM log_members AS m JOIN pg_stat_activity AS a ON a.pid = m.pid AND a.backend_start = m.backend_start
    WHERE m.group_name = $2 ORDER BY m.number
"""

LOCK: Final = "SELECT pg_try_advisory_lock(hashtextextended($1, 0))"
UNLOCK: Final = "SELECT pg_advisory_unlock(hashtextextended($1, 0))"
COMMITTED: Final = "SELECT committed FROM log_offsets WHERE group_name = $1 AND topic = $2 AND partition = $3"
NOTIFY: Final = "SELECT pg_notify($1, $2)"

FORGET_EVENTS: Final = """
    DELETE FROM log_events WHERE ctid = ANY (ARRAY(
        SELECT e.ctid FROM log_events AS e
        LEFT JOIN (SELECT topic, partition, min(committed) AS committed FROM log_offsets GROUP BY topic, partition) AS o USING (topic, partition)
        WHERE (e.number < o.committed AND e.written_at < now() - make_interval(days => $1))
           OR (o.committed IS NULL AND e.written_at < now() - make_interval(days => $2))
        LIMIT $3
    ))
"""

FORGET_MEMBERS: Final = """
    DELETE FROM log_members AS m
    WHERE NOT EXISTS (SELECT FROM pg_stat_activity AS a WHERE a.pid = m.pid AND a.backend_start = m.backend_start)
"""

# A group that has committed nothing starts at the oldest event that is still there.
BACKLOG: Final = """
    SELECT coalesce(sum(h.next_number - oldest.number), 0)::bigint,
           greatest(coalesce(extract(epoch FROM clock_timestamp() - min(oldest.written_at)), 0), 0)::float8
    FROM log_heads AS h
    LEFT JOIN log_offsets AS o ON o.group_name = $1 AND o.topic = h.topic AND o.partition = h.partition
    CROSS JOIN LATERAL (
        SELECT e.number, e.written_at FROM log_events AS e
        WHERE e.topic = h.topic AND e.partition = h.partition AND e.number >= coalesce(o.committed, 0)
        ORDER BY e.number LIMIT 1
    ) AS oldest
    WHERE h.topic = ANY ($2::text[])
"""

UNLOCK_ALL: Final = "SELECT pg_advisory_unlock_all()"
END_SESSION: Final = "SELECT pg_terminate_backend($1)"
# An offset that a crash of the server forgets only makes events come again, so committing one need not wait for the disk.
HURRY: Final = "SET synchronous_commit = off"
CHECK: Final = "SELECT pg_is_in_recovery() OR current_setting('transaction_read_only')::boolean"
