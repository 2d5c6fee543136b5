// The least that a runtime over libcurl can do: one easy handle, no checks, the event sent back as it came.
// With an argument, libcurl's buffers are as large as in Sources/LambdaRuntime.
#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static char body[8 << 20], id[64];
static size_t body_bytes;

static size_t keep_body(char *bytes, size_t size, size_t count, void *context) {
    (void) context;
    memcpy(body + body_bytes, bytes, size * count);
    body_bytes += size * count;
    return size * count;
}

static size_t ignore_body(char *bytes, size_t size, size_t count, void *context) {
    (void) bytes;
    (void) context;
    return size * count;
}

static size_t find_id(char *line, size_t size, size_t count, void *context) {
    static const char name[] = "Lambda-Runtime-Aws-Request-Id:";
    (void) context;
    if (size * count > sizeof name && !strncasecmp(line, name, sizeof name - 1))
        sscanf(line + sizeof name - 1, " %63[^\r]", id);
    return size * count;
}

static int failed(CURLcode result, const char *call) {
    if (result != CURLE_OK) fprintf(stderr, "%s: %s\n", call, curl_easy_strerror(result));
    return result != CURLE_OK;
}

int main(int count, char **arguments) {
    const char *api = getenv("AWS_LAMBDA_RUNTIME_API");
    char next[256], response[256];
    (void) arguments;
    if (!api) return 1;
    curl_global_init(CURL_GLOBAL_ALL);
    struct curl_slist *headers = curl_slist_append(NULL, "Content-Type: application/json");
    headers = curl_slist_append(headers, "Expect:");
    CURL *curl = curl_easy_init();
    curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(curl, CURLOPT_TCP_NODELAY, 1L);
    curl_easy_setopt(curl, CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_1_1);
    curl_easy_setopt(curl, CURLOPT_PROXY, "");
    curl_easy_setopt(curl, CURLOPT_USERAGENT, "rawcurl");
    if (count > 1) {
        curl_easy_setopt(curl, CURLOPT_BUFFERSIZE, 512L * 1024);
        curl_easy_setopt(curl, CURLOPT_UPLOAD_BUFFERSIZE, 2L * 1024 * 1024);
    }
    snprintf(next, sizeof next, "http://%s/2018-06-01/runtime/invocation/next", api);
    for (;;) {
        body_bytes = 0;
        curl_easy_setopt(curl, CURLOPT_URL, next);
        curl_easy_setopt(curl, CURLOPT_HTTPGET, 1L);
        curl_easy_setopt(curl, CURLOPT_HTTPHEADER, NULL);
        curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, keep_body);
        curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, find_id);
        if (failed(curl_easy_perform(curl), "next")) return 1;
        snprintf(response, sizeof response, "http://%s/2018-06-01/runtime/invocation/%s/response", api, id);
        curl_easy_setopt(curl, CURLOPT_URL, response);
        curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
        curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, ignore_body);
        curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, NULL);
        curl_easy_setopt(curl, CURLOPT_POST, 1L);
        curl_easy_setopt(curl, CURLOPT_POSTFIELDS, body);
        curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t) body_bytes);
        if (failed(curl_easy_perform(curl), "response")) return 1;
    }
}
