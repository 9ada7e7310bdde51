"""The restore drill: PostgreSQL is dumped, lost and restored, the search index made anew, and every value verified.

Files lie in the S3, which keeps its own copies; all that is in Elasticsearch and Kafka follows from PostgreSQL and the files.
"""

import time

from tools.cluster_test.kube import RELEASE_PARTS
from tools.cluster_test.plain import PLAIN
from tools.cluster_test.production import DATABASE, PRODUCTION, helm_upgrade, verify

POSTGRES = "rowmill-postgres-0"
DUMP = "/var/lib/postgresql/rowmill.dump"


def restore() -> str:
    PLAIN.execute(POSTGRES, "pg_dump", "-U", "rowmill", "--format=custom", f"--file={DUMP}", DATABASE)
    PRODUCTION.kubectl("delete", "hpa", "--all")
    PRODUCTION.kubectl("scale", "deployment", *(f"rowmill-{part}" for part in RELEASE_PARTS), "--replicas=0")
    PLAIN.execute(POSTGRES, "dropdb", "-U", "rowmill", "--force", DATABASE)  # the disaster
    began = time.monotonic()
    PLAIN.execute(POSTGRES, "createdb", "-U", "rowmill", DATABASE)
    PLAIN.execute(POSTGRES, "pg_restore", "-U", "rowmill", "--dbname", DATABASE, "--jobs=2", DUMP)
    restored_s = time.monotonic() - began
    PRODUCTION.kubectl("scale", "deployment", *(f"rowmill-{part}" for part in RELEASE_PARTS), "--replicas=1")
    helm_upgrade()
    PRODUCTION.wait_for_rollouts("deployment")
    PRODUCTION.execute("deployment/rowmill-query", "rowmill", "index")
    return f"restored in {restored_s:.0f} s, with its index in {time.monotonic() - began:.0f} s; {verify()}"
