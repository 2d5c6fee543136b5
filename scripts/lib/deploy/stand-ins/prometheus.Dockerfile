# In the place of the official Prometheus image, where no registry can be reached: Debian's.
ARG RUNTIME_IMAGE=debian:bookworm-slim
# hadolint ignore=DL3006
FROM ${RUNTIME_IMAGE}
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install --yes --no-install-recommends busybox prometheus \
    && apt-get clean && rm -rf /var/lib/apt/lists/* /var/cache/apt/* \
    && ln -s /bin/busybox /usr/bin/wget \
    && install -d -o nobody -g nogroup /prometheus
VOLUME /prometheus
USER 65534:65534
CMD ["prometheus", "--config.file=/etc/prometheus/prometheus.yml", "--storage.tsdb.path=/prometheus"]
