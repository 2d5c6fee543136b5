// GNU libmicrohttpd: HTTP/1.1 framing and the event loop. Swift imports neither variadic functions nor `va_list`
// callbacks, so the calls that need them stand here, typed.
#pragma once
#include <microhttpd.h>
#include <stdio.h>
#include <string.h>

/// What a daemon is started with. `context` comes back as the first argument of every callback.
struct microhttpd_settings {
    void *context;
    unsigned int connections_max;
    size_t connection_memory_bytes;
    unsigned int idle_timeout_seconds;
    void *(*request_line_read)(void *context, const char *target, struct MHD_Connection *connection);
    MHD_AccessHandlerCallback request_progressed;
    MHD_RequestCompletedCallback request_completed;
    MHD_NotifyConnectionCallback connection_changed;
    void (*log)(void *context, const char *line);
};

static inline void microhttpd_log(void *settings, const char *format, va_list arguments) {
    const struct microhttpd_settings *target = (const struct microhttpd_settings *) settings;
    char line[512];
    vsnprintf(line, sizeof line, format, arguments);
    target->log(target->context, line);
}

// The target reaches the application as it came; the router decodes it segment by segment.
static inline size_t microhttpd_keep_escapes(void *context, struct MHD_Connection *connection, char *text) {
    (void) context;
    (void) connection;
    return strlen(text);
}

/// Starts a daemon with one event loop thread and no socket of its own to listen on.
/// `settings` must live as long as the daemon. NULL when the system has no thread, memory or descriptor left.
static inline struct MHD_Daemon *microhttpd_start(struct microhttpd_settings *settings) {
    return MHD_start_daemon(
        MHD_USE_EPOLL | MHD_USE_INTERNAL_POLLING_THREAD | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_NO_LISTEN_SOCKET
            | MHD_USE_ERROR_LOG,
        0, NULL, NULL, settings->request_progressed, settings->context,
        // First, so that it is told of what is wrong with the others.
        MHD_OPTION_EXTERNAL_LOGGER, microhttpd_log, settings,
        MHD_OPTION_CONNECTION_LIMIT, settings->connections_max,
        MHD_OPTION_CONNECTION_MEMORY_LIMIT, settings->connection_memory_bytes,
        MHD_OPTION_CONNECTION_TIMEOUT, settings->idle_timeout_seconds,
        MHD_OPTION_URI_LOG_CALLBACK, settings->request_line_read, settings->context,
        MHD_OPTION_UNESCAPE_CALLBACK, microhttpd_keep_escapes, NULL,
        MHD_OPTION_NOTIFY_COMPLETED, settings->request_completed, settings->context,
        MHD_OPTION_NOTIFY_CONNECTION, settings->connection_changed, settings->context,
#if MHD_VERSION >= 0x00097701
        MHD_OPTION_CLIENT_DISCIPLINE_LVL, (int) 1,
#endif
        MHD_OPTION_END);
}

/// Whether it refuses chunk lines that end with a bare LF.
static inline int microhttpd_checks_chunk_lines(void) {
#if MHD_VERSION >= 0x00097701
    return 1;
#else
    return 0;
#endif
}

/// -1 where there is none.
static inline int microhttpd_descriptor(struct MHD_Connection *connection) {
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
    return info ? info->connect_fd : -1;
}

/// The bytes from the method to the empty line that ends the head; 0 while that line has not come.
static inline size_t microhttpd_head_bytes(struct MHD_Connection *connection) {
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_REQUEST_HEADER_SIZE);
    return info ? info->header_size : 0;
}

/// NULL where it is unknown.
static inline const struct sockaddr *microhttpd_client_address(struct MHD_Connection *connection) {
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
    return info ? info->client_addr : NULL;
}
