# syntax=docker/dockerfile:1
# One image for every service and for the embedded home: `docker run -p 127.0.0.1:8000:8000 rowmill` serves all of it in one process,
# `docker run … rowmill serve parser` is a pod. Base images are arguments, so that a mirror or a digest can stand in.
ARG PYTHON_IMAGE=python:3.11-slim-bookworm
ARG NODE_IMAGE=node:20-slim

# The web page: static files, which travel in the wheel.
FROM ${NODE_IMAGE} AS page
WORKDIR /build/web
COPY web/package.json web/package-lock.json ./
RUN npm ci --no-progress --silent
COPY openapi.json /build/
COPY web ./
RUN npm run --silent build -- --logLevel warn

# The project's own wheel. Build tools stay in this stage.
FROM ${PYTHON_IMAGE} AS wheel
WORKDIR /build
COPY requirements.build.lock ./
RUN python -m pip install --no-cache-dir --require-hashes --no-deps -r requirements.build.lock
COPY LICENSE README.md pyproject.toml ./
COPY tools tools
COPY samples samples
COPY rowmill rowmill
COPY backbone backbone
COPY services services
COPY --from=page /build/web/dist web/dist
RUN python -m pip wheel --no-cache-dir --no-deps --no-build-isolation --wheel-dir /wheels .

# What the server needs, by the lock alone: wheels whose hashes are checked, nothing compiled. Then what no server reads is taken out.
FROM ${PYTHON_IMAGE} AS packages
# hadolint ignore=DL3008
RUN apt-get update && apt-get install -y --no-install-recommends binutils && rm -rf /var/lib/apt/lists/*
WORKDIR /build
COPY requirements.server.lock ./
RUN python -m pip install --no-cache-dir --no-compile --only-binary :all: --require-hashes --no-deps --prefix /opt/rowmill -r requirements.server.lock
COPY --from=wheel /wheels /wheels
RUN python -m pip install --no-cache-dir --no-compile --no-deps --no-index --prefix /opt/rowmill /wheels/*.whl
COPY deploy/image/slim.sh ./
RUN ./slim.sh /opt/rowmill

FROM ${PYTHON_IMAGE}
ARG VERSION=0.1.0
ARG REVISION=unknown
ARG CREATED=1970-01-01T00:00:00Z
LABEL org.opencontainers.image.title="Rowmill" \
      org.opencontainers.image.description="CSV files of any size and any mess, in searchable tables within seconds, without a record lost or doubled." \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}" \
      org.opencontainers.image.created="${CREATED}"

# A user that no host has; a name, because PostgreSQL's initdb asks for one.
RUN groupadd --gid 10001 rowmill && \
    useradd --uid 10001 --gid 10001 --no-create-home --home-dir /data --shell /usr/sbin/nologin rowmill && \
    install -d -o 10001 -g 10001 /data
COPY --from=packages /opt/rowmill /opt/rowmill

# The root may be read-only: data in /data, temporary files in /tmp. A container is reached from outside itself or not at all, and `-p` says
# by whom; so it listens on every address, asks for keys, and answers to the names of this machine. Another name has to be set: ROWMILL_HTTP_HOSTS.
ENV PATH=/opt/rowmill/bin:$PATH \
    PYTHONPATH=/opt/rowmill/lib/python3.11/site-packages \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    HOME=/tmp \
    ROWMILL_HOME=/data \
    ROWMILL_HTTP_HOST=0.0.0.0 \
    ROWMILL_HTTP_HOSTS=localhost \
    ROWMILL_URL=http://localhost:8000
USER 10001:10001
WORKDIR /data
VOLUME ["/data"]
EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s --retries=6 \
    CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://localhost:8000/health/ready', timeout=4)"]
ENTRYPOINT ["rowmill"]
CMD ["serve"]
