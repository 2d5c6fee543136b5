// The other ends of the events' way, for scripts/bench events: receivers of webhooks, a reader of the feed, and a client who makes an
// order and waits for its webhook.
//
// webhooks receive PORT COUNT            answers each request with 204; each COUNT of them are told: COUNT SECONDS, from first to last
// webhooks hang PORT                     takes requests and never answers
// webhooks latency ORDERS-PORT PORT COUNT   makes COUNT orders, one after the other, and receives the webhook of each on PORT; prints
//                                        DONE SECONDS P50-MS P99-MS of the times from an order's reply to its webhook
// webhooks feed ORDERS-PORT COUNT        reads COUNT events of the log by pages of 100, from its beginning; prints DONE SECONDS
// LOAD_TOKEN is the bearer token, LOAD_CUSTOMERS and LOAD_PRODUCTS how many there are.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include "measure.h"

enum { request_bytes_max = 128 * 1024, page_bytes_max = 8 * 1024 * 1024, descriptors_max = 1024, pause_microseconds = 10000 };
enum { wait_seconds = 30 };

struct connection {
    size_t count;
    char bytes[request_bytes_max + 1];
};

static struct connection *connections[descriptors_max];
static const char reply[] = "HTTP/1.1 204 No Content\r\n\r\n";
static const char *token;
static int epoll;

static void fail(const char *what) {
    fprintf(stderr, "webhooks: %s: %s\n", what, strerror(errno));
    exit(1);
}

static struct sockaddr_in loopback(const char *port) {
    return (struct sockaddr_in) {
        .sin_family = AF_INET, .sin_port = htons((uint16_t) atoi(port)), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
}

static void watch(int socket) {
    struct epoll_event event = {.events = EPOLLIN, .data.fd = socket};
    if (epoll_ctl(epoll, EPOLL_CTL_ADD, socket, &event)) fail("epoll_ctl");
}

static int listen_on(const char *port) {
    struct sockaddr_in where = loopback(port);
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0), yes = 1;
    epoll = epoll_create1(EPOLL_CLOEXEC);
    if (listener < 0 || epoll < 0) fail("start");
    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    if (bind(listener, (void *) &where, sizeof where) || listen(listener, 512)) fail("listen");
    watch(listener);
    return listener;
}

static int connect_to(const char *port) {
    struct sockaddr_in where = loopback(port);
    int connected = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), yes = 1;
    if (connected < 0 || connect(connected, (void *) &where, sizeof where)) fail("connect");
    setsockopt(connected, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
    return connected;
}

static void accept_all(int listener) {
    int accepted, yes = 1;
    while ((accepted = accept4(listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK)) >= 0) {
        if (accepted >= descriptors_max) fail("too many connections");
        setsockopt(accepted, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
        if (!connections[accepted]) connections[accepted] = malloc(sizeof **connections);
        if (!connections[accepted]) abort();
        connections[accepted]->count = 0;
        watch(accepted);
    }
}

// The length of the message at the beginning of `bytes`, once it is whole; 0 before.
static size_t message_length(const char *bytes, size_t count) {
    const char *end = memmem(bytes, count, "\r\n\r\n", 4), *length = strcasestr(bytes, "\r\ncontent-length:");
    if (!end) return 0;
    size_t whole = (size_t) (end - bytes) + 4 + (length && length < end ? strtoul(length + 17, NULL, 10) : 0);
    return whole <= count ? whole : 0;
}

// Reads what has come on a connection; returns whether a request has ended with it.
static int take_request(int socket) {
    struct connection *connection = connections[socket];
    ssize_t received = recv(socket, connection->bytes + connection->count, request_bytes_max - connection->count, 0);
    if (received < 0 && errno == EAGAIN) return 0;
    if (received <= 0) {
        close(socket);
        return 0;
    }
    connection->count += (size_t) received;
    connection->bytes[connection->count] = 0;
    if (connection->count == request_bytes_max) fail("a request is larger than expected");
    if (!message_length(connection->bytes, connection->count)) return 0;
    connection->count = 0;
    return 1;
}

static void answer(int socket) {
    if (send(socket, reply, sizeof reply - 1, MSG_NOSIGNAL) < 0 && errno != EPIPE && errno != ECONNRESET) fail("send");
}

// Does not return.
static void receive(const char *port, size_t target, int answers) {
    int listener = listen_on(port);
    size_t count = 0;
    double began = 0;
    for (;;) {
        struct epoll_event events[256];
        int ready = epoll_wait(epoll, events, 256, -1);
        for (int i = 0; i < ready; i++) {
            int socket = events[i].data.fd;
            if (socket == listener) accept_all(listener);
            else if (take_request(socket) && answers) {
                answer(socket);
                if (count++ == 0) began = now();
                if (count < target) continue;
                printf("%zu %.4f\n", count, now() - began);
                fflush(stdout);
                count = 0;
            }
        }
    }
}

// Sends a request and reads its reply, all of it; returns its bytes, which the next one overwrites.
static const char *exchange(int socket, const char *request, int length) {
    static char bytes[page_bytes_max + 1];
    size_t count = 0;
    if (send(socket, request, (size_t) length, MSG_NOSIGNAL) != length) fail("send");
    do {
        ssize_t received = recv(socket, bytes + count, page_bytes_max - count, 0);
        if (received <= 0) fail("recv");
        count += (size_t) received;
        bytes[count] = 0;
    } while (!message_length(bytes, count));
    if (memcmp(bytes + 9, "20", 2)) {
        fprintf(stderr, "webhooks: refused: %s\n", bytes);
        exit(1);
    }
    return bytes;
}

static void make_order(int socket, uint64_t *state, size_t number) {
    char request[2048], body[512];
    uint64_t product[2];
    draw_pair(state, number_of("LOAD_PRODUCTS", 2), product);
    int length = snprintf(body, sizeof body,
        "{\"customer_id\":%lu,\"items\":[{\"product_id\":%lu,\"qty\":1},{\"product_id\":%lu,\"qty\":2}]}",
        1 + random_below(state, number_of("LOAD_CUSTOMERS", 1)), product[0], product[1]);
    length = snprintf(request, sizeof request,
        "POST /admin/orders/create-order HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer %s\r\n"
        "Content-Type: application/json\r\nX-Idempotency-Key: events-%lx-%zx\r\nContent-Length: %d\r\n\r\n%s",
        token, random_seed(number), number, length, body);
    exchange(socket, request, length);
}

// Waits for one webhook; returns when it arrived.
static double wait_for_webhook(int listener) {
    double end = now() + wait_seconds;
    while (now() < end) {
        struct epoll_event events[16];
        int ready = epoll_wait(epoll, events, 16, 100);
        for (int i = 0; i < ready; i++) {
            if (events[i].data.fd == listener) accept_all(listener);
            else if (take_request(events[i].data.fd)) {
                double arrived = now();
                answer(events[i].data.fd);
                return arrived;
            }
        }
    }
    errno = ETIMEDOUT;
    fail("webhook");
    return 0;
}

static int measure_latency(const char *orders_port, const char *port, size_t target) {
    struct latencies latencies = {0};
    uint64_t state = random_seed(0);
    int listener = listen_on(port), socket = connect_to(orders_port);
    double began = now();
    for (size_t i = 0; i < target; i++) {
        // The pause differs, so that no rhythm of the services is met each time.
        usleep((useconds_t) (pause_microseconds + random_below(&state, pause_microseconds)));
        make_order(socket, &state, i);
        double replied = now(), arrived = wait_for_webhook(listener);
        add_latency(&latencies, arrived > replied ? arrived - replied : 0);
    }
    report(&latencies, now() - began);
    printf("\n");
    return 0;
}

static int read_feed(const char *orders_port, size_t target) {
    int socket = connect_to(orders_port);
    char after[128] = "0", request[1024];
    size_t count = 0;
    double began = now();
    while (count < target) {
        int length = snprintf(request, sizeof request,
            "GET /admin/events/find-all?limit=100&after=%s HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer %s\r\n\r\n", after,
            token);
        const char *page = exchange(socket, request, length), *next = strstr(page, "\"next_after\":\"");
        if (!next || sscanf(next, "\"next_after\":\"%127[^\"]\"", after) != 1) fail("a page has no next_after");
        // A page has 100 events unless it is the last.
        if (strstr(next, "\"has_next\":false")) break;
        count += 100;
    }
    printf("%zu %.4f\n", count, now() - began);
    return 0;
}

int main(int count, char **arguments) {
    const char *mode = count > 2 ? arguments[1] : "";
    token = getenv("LOAD_TOKEN") ? getenv("LOAD_TOKEN") : "none";
    if (count == 4 && !strcmp(mode, "receive")) receive(arguments[2], strtoul(arguments[3], NULL, 10), 1);
    if (count == 3 && !strcmp(mode, "hang")) receive(arguments[2], 0, 0);
    if (count == 5 && !strcmp(mode, "latency")) return measure_latency(arguments[2], arguments[3], strtoul(arguments[4], NULL, 10));
    if (count == 4 && !strcmp(mode, "feed")) return read_feed(arguments[2], strtoul(arguments[3], NULL, 10));
    fprintf(stderr, "webhooks receive PORT COUNT | hang PORT | latency ORDERS-PORT PORT COUNT | feed ORDERS-PORT COUNT\n");
    return 2;
}
