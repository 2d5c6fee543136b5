# One image with all five programs: a service is started by its name, `docker run … orchestrator OrdersAPI`, and what is rolled out
# together has one version. deploy/README.md tells how it is meant to be run.

ARG SWIFT_IMAGE=swift:6.3-bookworm
ARG RUNTIME_IMAGE=debian:bookworm-slim
# The stage, or an image, that has the programs in /programs: another than `build` for programs that were built before.
ARG PROGRAMS=build

# hadolint ignore=DL3006 # The default above has a tag.
FROM ${SWIFT_IMAGE} AS build
# What the distribution's security updates bring is wanted, so no version is pinned.
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install --yes --no-install-recommends \
        default-libmysqlclient-dev libcurl4-openssl-dev librabbitmq-dev libssl-dev pkg-config \
    && apt-get clean && rm -rf /var/lib/apt/lists/* /var/cache/apt/*
WORKDIR /source
COPY . .
RUN set -e; mkdir /programs; \
    for program in CustomersAPI OrdersAPI Notifier Orchestrator PaymentSimulator; do \
        swift build --configuration release --product "$program" --static-swift-stdlib -Xlinker --gc-sections -Xlinker --strip-all; \
        cp ".build/release/$program" /programs/; \
    done

# hadolint ignore=DL3006
FROM ${PROGRAMS} AS programs

# hadolint ignore=DL3006
FROM ${RUNTIME_IMAGE}
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install --yes --no-install-recommends ca-certificates libcurl4 libmariadb3 librabbitmq4 libssl3 \
    && apt-get clean && rm -rf /var/lib/apt/lists/* /var/cache/apt/*
COPY --from=programs /programs/ /usr/local/bin/
# Nobody in particular; nothing in the image is this user's, and nothing is written at run time.
USER 10001:10001
# In a container loopback is the container's own. This makes API_TOKEN and SERVICE_TOKEN obligatory.
ENV HOST=0.0.0.0
# Asks the program that the container runs, whichever of the five that is.
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s --retries=3 \
    CMD ["/bin/sh", "-c", "exec \"$(readlink /proc/1/exe)\" health"]
CMD ["Orchestrator"]
