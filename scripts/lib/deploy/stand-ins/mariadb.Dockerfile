# In the place of the official mariadb image, where no registry can be reached: Debian's server, started by as much of that image's
# variables as deploy/ uses.
ARG RUNTIME_IMAGE=debian:bookworm-slim
# hadolint ignore=DL3006
FROM ${RUNTIME_IMAGE}
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install --yes --no-install-recommends mariadb-server-core mariadb-client \
    && apt-get clean && rm -rf /var/lib/apt/lists/* /var/cache/apt/* \
    && useradd --system --uid 999 --home-dir /var/lib/mysql --shell /usr/sbin/nologin mysql \
    && mkdir -p /run/mysqld && chown mysql:mysql /run/mysqld
COPY mariadb-start /usr/local/bin/docker-entrypoint.sh
COPY mariadb-healthcheck /usr/local/bin/healthcheck.sh
VOLUME /var/lib/mysql
ENTRYPOINT ["docker-entrypoint.sh"]
