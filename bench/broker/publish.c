// The least that publishing to RabbitMQ with confirms takes: windows of 64 persistent messages of 1 KiB over rabbitmq-c, each
// confirmed before the next is sent. Prints messages a second.
//
// Usage: publish PORT EXCHANGE SECONDS
#include <amqp.h>
#include <amqp_tcp_socket.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { window = 64, bytes = 1024 };

static void require(int holds, const char *what) {
    if (holds) return;
    fprintf(stderr, "publish: %s failed\n", what);
    exit(1);
}

static double now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec + time.tv_nsec / 1e9;
}

static void await_confirms(amqp_connection_state_t connection, uint64_t first) {
    for (uint64_t pending = UINT64_MAX; pending;) {
        amqp_frame_t frame;
        require(amqp_simple_wait_frame(connection, &frame) == AMQP_STATUS_OK, "waiting for confirms");
        require(
            frame.frame_type == AMQP_FRAME_METHOD && frame.payload.method.id == AMQP_BASIC_ACK_METHOD, "a confirm");
        amqp_basic_ack_t *ack = frame.payload.method.decoded;
        uint64_t bit = 1ull << (ack->delivery_tag - first);
        pending &= ~(ack->multiple ? bit | (bit - 1) : bit);
        amqp_maybe_release_buffers(connection);
    }
}

int main(int count, char **arguments) {
    require(count == 4, "reading the arguments: PORT EXCHANGE SECONDS");
    amqp_connection_state_t connection = amqp_new_connection();
    amqp_socket_t *socket = amqp_tcp_socket_new(connection);
    require(socket && amqp_socket_open(socket, "127.0.0.1", atoi(arguments[1])) == AMQP_STATUS_OK, "connecting");
    amqp_rpc_reply_t reply = amqp_login(connection, "/", 1, 131072, 10, AMQP_SASL_METHOD_PLAIN, "guest", "guest");
    require(reply.reply_type == AMQP_RESPONSE_NORMAL, "logging in");
    require(amqp_channel_open(connection, 1) && amqp_confirm_select(connection, 1), "opening the channel");

    char content[bytes], id[64];
    memset(content, 'x', sizeof content);
    amqp_bytes_t body = {sizeof content, content};
    amqp_basic_properties_t properties = {
        ._flags = AMQP_BASIC_CONTENT_TYPE_FLAG | AMQP_BASIC_DELIVERY_MODE_FLAG | AMQP_BASIC_MESSAGE_ID_FLAG
            | AMQP_BASIC_TYPE_FLAG,
        .content_type = amqp_cstring_bytes("application/cloudevents+json"),
        .delivery_mode = 2,
        .type = amqp_cstring_bytes("order.created"),
    };
    uint64_t tag = 1;
    double start = now(), end = start + atof(arguments[3]);
    while (now() < end) {
        for (int index = 0; index < window; index++) {
            snprintf(id, sizeof id, "00000000-0000-4000-8000-%012llu", (unsigned long long)tag + index);
            properties.message_id = amqp_cstring_bytes(id);
            int status = amqp_basic_publish(
                connection, 1, amqp_cstring_bytes(arguments[2]), amqp_cstring_bytes("order.created"), 0, 0, &properties,
                body);
            require(status == AMQP_STATUS_OK, "publishing");
        }
        await_confirms(connection, tag);
        tag += window;
    }
    printf("%.1f\n", (tag - 1) / (now() - start));
    return 0;
}
