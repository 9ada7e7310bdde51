"""Topics with as many partitions as there should be: those that are missing are made, those with fewer grow."""

from collections.abc import Iterable
from typing import Final

import structlog
from aiokafka.admin import AIOKafkaAdminClient, NewPartitions, NewTopic
from aiokafka.errors import InvalidPartitionsError, KafkaError, NoError, TopicAlreadyExistsError, for_code

PARTITIONS: Final = 64  # as many members of a group can share one topic
KEPT_DAYS: Final = 30

logger = structlog.get_logger()


async def make_topics(admin: AIOKafkaAdminClient, names: Iterable[str], partitions: int) -> None:
    configs = {"retention.ms": str(KEPT_DAYS * 24 * 3600 * 1000)}
    # -1: as many replicas as the cluster has by default; aiokafka takes it only together with an empty assignment.
    topics = [NewTopic(name, partitions, replication_factor=-1, replica_assignments={}, topic_configs=configs) for name in sorted(names)]
    if not topics:
        return
    answer = await admin.create_topics(topics)
    for topic, code, *_ in answer.topic_errors:
        error = for_code(code)
        if error not in (NoError, TopicAlreadyExistsError):  # another process was faster
            raise error(topic)


async def grow_topics(admin: AIOKafkaAdminClient, names: Iterable[str], partitions: int) -> None:
    """Topics never shrink: one with more partitions keeps them all, and all are used."""
    described = await admin.describe_topics(sorted(names)) if names else []
    for topic in described:
        if len(topic["partitions"]) < partitions:
            await _grow(admin, topic["topic"], len(topic["partitions"]), partitions)


async def _grow(admin: AIOKafkaAdminClient, name: str, there: int, partitions: int) -> None:
    try:
        await admin.create_partitions({name: NewPartitions(partitions)})
        logger.info("topic grown", topic=name, partitions=partitions, before=there)
    except InvalidPartitionsError:
        pass  # another process was faster
    except KafkaError as error:
        if error.retriable:
            raise
        # Topics may be somebody else's to make, who gave no right to change them: they work as they are, for fewer members.
        logger.warning("topic could not be grown", topic=name, partitions=there, wanted=partitions, detail=str(error))
