// The C client of MySQL, the same from Swift whether it is MariaDB Connector/C or Oracle's libmysqlclient.
//
// The two differ in `my_bool` (a char there, `bool` here), in how TLS is asked for, and in one macro. Everything that
// touches such a difference goes through a function of this file; all functions answer true for success.
#pragma once

#if __has_include(<mysql.h>)
#include <mysql.h>
#else
#include <mysql/mysql.h>
#endif
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef MARIADB_BASE_VERSION
typedef my_bool cmysql_bool;
#else
typedef bool cmysql_bool;
#endif

static inline bool cmysql_library_init(void) { return mysql_library_init(0, NULL, NULL) == 0; }

static inline bool cmysql_thread_init(void) { return mysql_thread_init() == 0; }

static inline bool cmysql_set_number(MYSQL *connection, enum mysql_option option, unsigned int value) {
    return mysql_options(connection, option, &value) == 0;
}

static inline bool cmysql_set_text(MYSQL *connection, enum mysql_option option, const char *value) {
    return mysql_options(connection, option, value) == 0;
}

/// Statements longer than this are refused on this side, before the server would close the connection over them.
static inline bool cmysql_set_packet_limit(MYSQL *connection, unsigned long bytes) {
    return mysql_options(connection, MYSQL_OPT_MAX_ALLOWED_PACKET, &bytes) == 0;
}

/// Without it the connector takes the host name "localhost" for a Unix socket, whatever the port.
static inline bool cmysql_set_tcp(MYSQL *connection) {
    return cmysql_set_number(connection, MYSQL_OPT_PROTOCOL, MYSQL_PROTOCOL_TCP);
}

/// Refuses a connection without TLS; with a file of certificate authorities, also a server they do not vouch for.
static inline bool cmysql_require_tls(MYSQL *connection, const char *authorities) {
    if (authorities && mysql_options(connection, MYSQL_OPT_SSL_CA, authorities) != 0) return false;
#ifdef MARIADB_BASE_VERSION
    cmysql_bool enforce = 1;
    cmysql_bool verify = authorities != NULL;
    return mysql_options(connection, MYSQL_OPT_SSL_ENFORCE, &enforce) == 0
        && mysql_options(connection, MYSQL_OPT_SSL_VERIFY_SERVER_CERT, &verify) == 0;
#else
    unsigned int mode = authorities ? SSL_MODE_VERIFY_IDENTITY : SSL_MODE_REQUIRED;
    return mysql_options(connection, MYSQL_OPT_SSL_MODE, &mode) == 0;
#endif
}

/// Lets a password cross a connection without TLS encrypted by the server's RSA key. MariaDB's connector always does.
static inline bool cmysql_allow_public_key(MYSQL *connection) {
#ifdef MARIADB_BASE_VERSION
    (void)connection;
    return true;
#else
    bool on = true;
    return mysql_options(connection, MYSQL_OPT_GET_SERVER_PUBLIC_KEY, &on) == 0;
#endif
}

/// The descriptor of a connection that stands.
static inline int cmysql_socket(MYSQL *connection) {
#ifdef MARIADB_BASE_VERSION
    return (int)mysql_get_socket(connection);
#else
    return (int)connection->net.fd;
#endif
}

/// Describes one parameter or one result column. The pointers must stay good until the statement has run (parameters)
/// or is closed (columns): the client library keeps them.
static inline void cmysql_bind_set(
    MYSQL_BIND *bind, enum enum_field_types type, void *buffer, unsigned long capacity, unsigned long *length,
    uint8_t *is_null, uint8_t *error, bool is_unsigned
) {
    bind->buffer_type = type;
    bind->buffer = buffer;
    bind->buffer_length = capacity;
    bind->length = length;
    bind->is_null = (cmysql_bool *)is_null;
    bind->error = (cmysql_bool *)error;
    bind->is_unsigned = is_unsigned;
}

static inline bool cmysql_stmt_bind_param(MYSQL_STMT *statement, MYSQL_BIND *binds) {
    return !mysql_stmt_bind_param(statement, binds);
}

static inline bool cmysql_stmt_bind_result(MYSQL_STMT *statement, MYSQL_BIND *binds) {
    return !mysql_stmt_bind_result(statement, binds);
}

static inline bool cmysql_stmt_free_result(MYSQL_STMT *statement) { return !mysql_stmt_free_result(statement); }

static inline bool cmysql_stmt_close(MYSQL_STMT *statement) { return !mysql_stmt_close(statement); }
