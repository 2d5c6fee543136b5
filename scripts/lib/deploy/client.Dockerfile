# The customer of scripts/deploy-check, on the network of the stack.
ARG RUNTIME_IMAGE=debian:bookworm-slim
# hadolint ignore=DL3006
FROM ${RUNTIME_IMAGE}
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install --yes --no-install-recommends python3-minimal libpython3-stdlib \
    && apt-get clean && rm -rf /var/lib/apt/lists/* /var/cache/apt/*
COPY place-orders.py /usr/local/bin/place-orders
USER 10001:10001
ENTRYPOINT ["python3", "-u", "/usr/local/bin/place-orders"]
