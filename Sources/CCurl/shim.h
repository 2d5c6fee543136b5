// libcurl's easy interface. Its setters and getters are variadic, which Swift cannot call: each gets one typed inline
// function per kind of argument, and options that are younger than the oldest supported release are named here only.
#pragma once
#include <curl/curl.h>
#include <stdbool.h>

#if LIBCURL_VERSION_NUM < 0x075000
#error "libcurl 7.80 or newer is needed: CURLOPT_PREREQFUNCTION tells whether a request was ever sent."
#endif

typedef size_t (*ccurl_receive)(char *bytes, size_t size, size_t count, void *context);

static inline CURLcode ccurl_global_init(void) { return curl_global_init(CURL_GLOBAL_DEFAULT); }

static inline CURLcode ccurl_set_long(CURL *handle, CURLoption option, long value) {
    return (curl_easy_setopt)(handle, option, value);
}

static inline CURLcode ccurl_set_size(CURL *handle, CURLoption option, curl_off_t value) {
    return (curl_easy_setopt)(handle, option, value);
}

static inline CURLcode ccurl_set_string(CURL *handle, CURLoption option, const char *value) {
    return (curl_easy_setopt)(handle, option, value);
}

static inline CURLcode ccurl_set_pointer(CURL *handle, CURLoption option, void *value) {
    return (curl_easy_setopt)(handle, option, value);
}

static inline CURLcode ccurl_set_bytes(CURL *handle, CURLoption option, const void *value) {
    return (curl_easy_setopt)(handle, option, value);
}

static inline CURLcode ccurl_set_headers(CURL *handle, struct curl_slist *headers) {
    return (curl_easy_setopt)(handle, CURLOPT_HTTPHEADER, headers);
}

static inline CURLcode ccurl_set_url(CURL *handle, CURLU *url) {
    // The text that an earlier URL left behind would otherwise be named in messages.
    CURLcode result = (curl_easy_setopt)(handle, CURLOPT_URL, NULL);
    return result ? result : (curl_easy_setopt)(handle, CURLOPT_CURLU, url);
}

static inline CURLcode ccurl_set_receive(CURL *handle, CURLoption option, ccurl_receive function) {
    return (curl_easy_setopt)(handle, option, function);
}

static inline CURLcode ccurl_set_before_request(CURL *handle, curl_prereq_callback function, void *context) {
    CURLcode result = (curl_easy_setopt)(handle, CURLOPT_PREREQFUNCTION, function);
    return result ? result : (curl_easy_setopt)(handle, CURLOPT_PREREQDATA, context);
}

static inline CURLcode ccurl_set_open_socket(CURL *handle, curl_opensocket_callback function, void *context) {
    CURLcode result = (curl_easy_setopt)(handle, CURLOPT_OPENSOCKETFUNCTION, function);
    return result ? result : (curl_easy_setopt)(handle, CURLOPT_OPENSOCKETDATA, context);
}

// Called some times a second while there is progress, and once while there is none; what it returns other than 0 ends the transfer.
static inline CURLcode ccurl_set_progress(CURL *handle, curl_xferinfo_callback function, void *context) {
    CURLcode result = (curl_easy_setopt)(handle, CURLOPT_XFERINFOFUNCTION, function);
    if (!result) result = (curl_easy_setopt)(handle, CURLOPT_XFERINFODATA, context);
    return result ? result : (curl_easy_setopt)(handle, CURLOPT_NOPROGRESS, 0L);
}

// The address is longer than the member that stands for it, so it is reached by a pointer only.
static inline const struct sockaddr *ccurl_socket_address(const struct curl_sockaddr *address) {
    return &address->addr;
}

// Nothing but HTTP and HTTPS, whatever a URL says.
static inline CURLcode ccurl_allow_only_http(CURL *handle) {
#if LIBCURL_VERSION_NUM >= 0x075500
    return (curl_easy_setopt)(handle, CURLOPT_PROTOCOLS_STR, "http,https");
#else
    return (curl_easy_setopt)(handle, CURLOPT_PROTOCOLS, (long)(CURLPROTO_HTTP | CURLPROTO_HTTPS));
#endif
}

// Nothing but HTTPS, whatever a URL says.
static inline CURLcode ccurl_allow_only_https(CURL *handle) {
#if LIBCURL_VERSION_NUM >= 0x075500
    return (curl_easy_setopt)(handle, CURLOPT_PROTOCOLS_STR, "https");
#else
    return (curl_easy_setopt)(handle, CURLOPT_PROTOCOLS, (long)CURLPROTO_HTTPS);
#endif
}

// Nothing but mail, whatever a URL says.
static inline CURLcode ccurl_allow_only_mail(CURL *handle) {
#if LIBCURL_VERSION_NUM >= 0x075500
    return (curl_easy_setopt)(handle, CURLOPT_PROTOCOLS_STR, "smtp,smtps");
#else
    return (curl_easy_setopt)(handle, CURLOPT_PROTOCOLS, (long)(CURLPROTO_SMTP | CURLPROTO_SMTPS));
#endif
}

static inline CURLcode ccurl_set_recipients(CURL *handle, struct curl_slist *addresses) {
    return (curl_easy_setopt)(handle, CURLOPT_MAIL_RCPT, addresses);
}

static inline CURLcode ccurl_set_conversation(CURL *handle, curl_debug_callback function, void *context) {
    CURLcode result = (curl_easy_setopt)(handle, CURLOPT_DEBUGFUNCTION, function);
    if (!result) result = (curl_easy_setopt)(handle, CURLOPT_DEBUGDATA, context);
    return result ? result : (curl_easy_setopt)(handle, CURLOPT_VERBOSE, 1L);
}

// Without this a timeout during name resolution waits for the resolver's thread, and the deadline is lost.
static inline CURLcode ccurl_leave_resolver_behind(CURL *handle) {
#if LIBCURL_VERSION_NUM >= 0x075700
    return (curl_easy_setopt)(handle, CURLOPT_QUICK_EXIT, 1L);
#else
    (void)handle;
    return CURLE_OK;
#endif
}

// Whether name resolution runs on a thread, or a socket, that a timeout can leave behind.
static inline bool ccurl_resolves_in_background(void) {
    return LIBCURL_VERSION_NUM >= 0x075700 && (curl_version_info(CURLVERSION_NOW)->features & CURL_VERSION_ASYNCHDNS);
}

static inline CURLcode ccurl_get_long(CURL *handle, CURLINFO info, long *value) {
    return (curl_easy_getinfo)(handle, info, value);
}
