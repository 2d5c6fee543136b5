# In the place of the official rabbitmq image, where no registry can be reached: Debian's.
ARG RUNTIME_IMAGE=debian:bookworm-slim
# hadolint ignore=DL3006
FROM ${RUNTIME_IMAGE}
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install --yes --no-install-recommends rabbitmq-server \
    && apt-get clean && rm -rf /var/lib/apt/lists/* /var/cache/apt/* \
    && rm -rf /var/lib/rabbitmq && install -d -o rabbitmq -g rabbitmq -m 1777 /var/lib/rabbitmq /var/log/rabbitmq
ENV PATH=/usr/lib/rabbitmq/bin:$PATH HOME=/var/lib/rabbitmq RABBITMQ_LOGS=- LANG=C.UTF-8
VOLUME /var/lib/rabbitmq
# The user that the package makes, as in the official image.
# hadolint ignore=DL3066
USER rabbitmq
CMD ["rabbitmq-server"]
