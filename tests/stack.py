"""Where the real servers are: from STACK_* in the environment, else testcontainers where a Docker engine answers, else nowhere."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Stack:
    kafka: str  # host:port
    elasticsearch: str  # http://host:port
    minio: str  # http://user:password@host:port
    postgres: str  # postgresql://user:password@host:port/database


IMAGES = Path(__file__).parent / "images.env"  # one place for the versions that containers run


NAMES = ("STACK_KAFKA", "STACK_ELASTICSEARCH", "STACK_MINIO", "STACK_POSTGRES")


def are_there_servers() -> bool:
    return all(name in os.environ for name in NAMES) or _docker_answers()


@contextmanager
def find_stack() -> Iterator[Stack | None]:
    if all(name in os.environ for name in NAMES):
        yield Stack(*(os.environ[name] for name in NAMES))
    elif _docker_answers():
        with _containers() as stack:
            yield stack
    else:
        yield None


def _docker_answers() -> bool:
    docker = shutil.which("docker")
    if docker is None:
        return False
    return subprocess.run([docker, "info"], capture_output=True, timeout=20, check=False).returncode == 0


@contextmanager
def _containers() -> Iterator[Stack]:
    from testcontainers.community.elasticsearch import ElasticSearchContainer
    from testcontainers.community.kafka import KafkaContainer
    from testcontainers.community.minio import MinioContainer
    from testcontainers.community.postgres import PostgresContainer

    images = dict(line.split("=", 1) for line in IMAGES.read_text().split() if "=" in line)
    with ExitStack() as running:
        kafka = running.enter_context(KafkaContainer(image=images["KAFKA_IMAGE"]))
        search = running.enter_context(ElasticSearchContainer(image=images["ELASTICSEARCH_IMAGE"], mem_limit="3g"))
        minio = running.enter_context(MinioContainer(image=images["MINIO_IMAGE"]))
        postgres = running.enter_context(PostgresContainer(image=images["POSTGRES_IMAGE"], driver=None))
        files = minio.get_config()
        yield Stack(
            kafka=kafka.get_bootstrap_server(),
            elasticsearch=f"http://{search.get_container_host_ip()}:{search.get_exposed_port(search.port)}",
            minio=f"http://{files['access_key']}:{files['secret_key']}@{files['endpoint']}",
            postgres=postgres.get_connection_url(),
        )
