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

# What browsers are shown at /docs and /console. The reference's program is a package of PyPI's; where that cannot be reached the image is
# made without it, and the services say at their start what is missing.
# hadolint ignore=DL3006
FROM ${RUNTIME_IMAGE} AS pages
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install --yes --no-install-recommends ca-certificates libjs-chart.js python3-pip \
    && apt-get clean && rm -rf /var/lib/apt/lists/* /var/cache/apt/*
# That of scripts/lib/tools.sh.
ARG SIDECAR_VERSION=2026.10.1
COPY web /pages
COPY openapi /pages/openapi
WORKDIR /package
RUN set -e; cp /usr/share/javascript/chart.js/chart.min.js /pages/console/chart.umd.js; \
    if python3 -m pip download --quiet --no-cache-dir --no-deps --dest . "drf-spectacular-sidecar==$SIDECAR_VERSION"; then \
        python3 -m zipfile -e ./*.whl .; \
        cp drf_spectacular_sidecar/static/drf_spectacular_sidecar/swagger-ui-dist/swagger-ui.css /pages/docs/; \
        cp drf_spectacular_sidecar/static/drf_spectacular_sidecar/swagger-ui-dist/swagger-ui-bundle.js /pages/docs/; \
    else echo 'The API reference at /docs is left out: PyPI cannot be reached.'; fi; \
    chmod -R a+rX /pages

# hadolint ignore=DL3006
FROM ${RUNTIME_IMAGE}
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install --yes --no-install-recommends ca-certificates libcurl4 libmariadb3 librabbitmq4 libssl3 \
    && apt-get clean && rm -rf /var/lib/apt/lists/* /var/cache/apt/*
COPY --from=programs /programs/ /usr/local/bin/
COPY --from=pages /pages/ /usr/local/share/orchestrator/
# Nobody in particular; nothing in the image is this user's, and nothing is written at run time.
USER 10001:10001
# In a container loopback is the container's own. This makes API_TOKEN and SERVICE_TOKEN obligatory.
ENV HOST=0.0.0.0
ENV WEB_DIRECTORY=/usr/local/share/orchestrator
# Asks the program that the container runs, whichever of the five that is.
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s --retries=3 \
    CMD ["/bin/sh", "-c", "exec \"$(readlink /proc/1/exe)\" health"]
CMD ["Orchestrator"]
