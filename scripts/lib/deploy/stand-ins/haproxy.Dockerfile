# In the place of the official haproxy image, where no registry can be reached: Debian's.
ARG RUNTIME_IMAGE=debian:bookworm-slim
# hadolint ignore=DL3006
FROM ${RUNTIME_IMAGE}
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install --yes --no-install-recommends haproxy \
    && apt-get clean && rm -rf /var/lib/apt/lists/* /var/cache/apt/*
# The user that the package makes, as in the official image.
# hadolint ignore=DL3066
USER haproxy
STOPSIGNAL SIGUSR1
CMD ["haproxy", "-W", "-db", "-f", "/usr/local/etc/haproxy/haproxy.cfg"]
