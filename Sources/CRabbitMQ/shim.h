// rabbitmq-c, RabbitMQ's client library in C. Swift can call neither its variadic login nor its macros that cast; each gets one
// typed function or constant here.
#pragma once
#if __has_include(<rabbitmq-c/amqp.h>)
#include <rabbitmq-c/amqp.h>
#include <rabbitmq-c/framing.h>
#include <rabbitmq-c/ssl_socket.h>
#include <rabbitmq-c/tcp_socket.h>
#else
#include <amqp.h>
#include <amqp_framing.h>
#include <amqp_ssl_socket.h>
#include <amqp_tcp_socket.h>
#endif
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#if AMQP_VERSION < AMQP_VERSION_CODE(0, 11, 0, 0)
#error "rabbitmq-c 0.11 or newer is needed: older ones do not bound the handshake of TLS."
#endif

static const amqp_method_number_t crabbitmq_basic_ack = AMQP_BASIC_ACK_METHOD;
static const amqp_method_number_t crabbitmq_basic_nack = AMQP_BASIC_NACK_METHOD;
static const amqp_method_number_t crabbitmq_basic_return = AMQP_BASIC_RETURN_METHOD;
static const amqp_method_number_t crabbitmq_basic_deliver = AMQP_BASIC_DELIVER_METHOD;
static const amqp_method_number_t crabbitmq_basic_cancel = AMQP_BASIC_CANCEL_METHOD;
static const amqp_method_number_t crabbitmq_channel_close = AMQP_CHANNEL_CLOSE_METHOD;
static const amqp_method_number_t crabbitmq_connection_close = AMQP_CONNECTION_CLOSE_METHOD;
static const amqp_method_number_t crabbitmq_connection_close_ok = AMQP_CONNECTION_CLOSE_OK_METHOD;
static const amqp_method_number_t crabbitmq_connection_blocked = AMQP_CONNECTION_BLOCKED_METHOD;
static const amqp_method_number_t crabbitmq_connection_unblocked = AMQP_CONNECTION_UNBLOCKED_METHOD;

static const amqp_flags_t crabbitmq_content_type = AMQP_BASIC_CONTENT_TYPE_FLAG;
static const amqp_flags_t crabbitmq_delivery_mode = AMQP_BASIC_DELIVERY_MODE_FLAG;
static const amqp_flags_t crabbitmq_message_id = AMQP_BASIC_MESSAGE_ID_FLAG;
static const amqp_flags_t crabbitmq_timestamp = AMQP_BASIC_TIMESTAMP_FLAG;
static const amqp_flags_t crabbitmq_type = AMQP_BASIC_TYPE_FLAG;

static inline amqp_table_entry_t crabbitmq_flag_entry(const char *name) {
    amqp_table_entry_t entry;
    memset(&entry, 0, sizeof entry);
    entry.key = amqp_cstring_bytes(name);
    entry.value.kind = AMQP_FIELD_KIND_BOOLEAN;
    entry.value.value.boolean = 1;
    return entry;
}

static inline amqp_table_entry_t crabbitmq_text_entry(const char *name, const char *value) {
    amqp_table_entry_t entry;
    memset(&entry, 0, sizeof entry);
    entry.key = amqp_cstring_bytes(name);
    entry.value.kind = AMQP_FIELD_KIND_UTF8;
    entry.value.value.bytes = amqp_cstring_bytes(value);
    return entry;
}

static inline amqp_table_entry_t crabbitmq_number_entry(const char *name, int64_t value) {
    amqp_table_entry_t entry;
    memset(&entry, 0, sizeof entry);
    entry.key = amqp_cstring_bytes(name);
    entry.value.kind = AMQP_FIELD_KIND_I64;
    entry.value.value.i64 = value;
    return entry;
}

/// Logs in with a password. The broker shows `connection_name` in its lists, and is told that this client understands refusals,
/// and wants to hear when it is blocked and when its queue is gone: the library's own list of that is shorter.
static inline amqp_rpc_reply_t crabbitmq_login(
    amqp_connection_state_t state, const char *vhost, int frame_bytes_max, int heartbeat_seconds, const char *user,
    const char *password, const char *connection_name
) {
    amqp_table_entry_t capabilities[] = {
        crabbitmq_flag_entry("connection.blocked"),
        crabbitmq_flag_entry("consumer_cancel_notify"),
        crabbitmq_flag_entry("publisher_confirms"),
        crabbitmq_flag_entry("basic.nack"),
    };
    amqp_table_entry_t properties[2];
    memset(properties, 0, sizeof properties);
    properties[0] = crabbitmq_text_entry("connection_name", connection_name);
    properties[1].key = amqp_cstring_bytes("capabilities");
    properties[1].value.kind = AMQP_FIELD_KIND_TABLE;
    properties[1].value.value.table.num_entries = sizeof capabilities / sizeof *capabilities;
    properties[1].value.value.table.entries = capabilities;
    amqp_table_t table = {sizeof properties / sizeof *properties, properties};
    return amqp_login_with_properties(
        state, vhost, 1, frame_bytes_max, heartbeat_seconds, &table, AMQP_SASL_METHOD_PLAIN, user, password);
}

/// A queue that is kept on a majority of the broker's nodes. `name` must hold for the call.
static inline amqp_queue_declare_ok_t *crabbitmq_declare_quorum_queue(
    amqp_connection_state_t state, amqp_channel_t channel, const char *name, int64_t messages_max
) {
    amqp_table_entry_t entries[] = {
        crabbitmq_text_entry("x-queue-type", "quorum"), crabbitmq_number_entry("x-max-length", messages_max),
    };
    amqp_table_t arguments = {messages_max > 0 ? 2 : 1, entries};
    return amqp_queue_declare(state, channel, amqp_cstring_bytes(name), 0, 1, 0, 0, arguments);
}
