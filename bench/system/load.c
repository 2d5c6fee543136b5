// Requests over kept-alive connections, on each the next one as soon as the last one is answered. A change has a key of its own
// each time; only 2xx counts as done.
//
// load PORT CLIENTS SECONDS get PATH | create-order | place-order | orchestrate   prints DONE SECONDS P50-MS P99-MS STATUS:COUNT,...
// load PORT CLIENTS SECONDS hold PATH     one request on each connection, then the word "held", and nothing for SECONDS
// LOAD_OBEYS=yes waits as long as a refusal's Retry-After says, and up to half as long again, before the next request.
// LOAD_TOKEN is the bearer token, LOAD_CUSTOMERS and LOAD_PRODUCTS how many there are: their ids are 1 to that.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>

#include "measure.h"

enum { reply_bytes_max = 16384, status_max = 600, drain_seconds = 10, held_at_once = 16 };

struct connection {
    int socket;
    int is_waiting;
    double began, paused_until;
    size_t count;
    char bytes[reply_bytes_max + 1];
};

static const char *kind, *path, *token;
static uint16_t port;
static double served_at;
static int epoll, in_flight, paused, obeys;
static uint64_t customers, products, random_state, next_key;
static size_t statuses[status_max], closed;
static struct latencies latencies;

static void fail(const char *what) {
    fprintf(stderr, "load: %s: %s\n", what, strerror(errno));
    exit(1);
}

static void open_connection(struct connection *connection) {
    struct sockaddr_in where = {.sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = connection};
    int yes = 1;
    connection->socket = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (connection->socket < 0 || connect(connection->socket, (void *) &where, sizeof where)) fail("connect");
    setsockopt(connection->socket, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
    if (epoll_ctl(epoll, EPOLL_CTL_ADD, connection->socket, &event)) fail("epoll_ctl");
}

// Two lines of different products: what the services' own figures are given for.
static int order(char *body, size_t size, const char *key_member) {
    uint64_t product[2];
    draw_pair(&random_state, products, product);
    return snprintf(body, size,
        "{\"customer_id\":%lu,\"items\":[{\"product_id\":%lu,\"qty\":%lu},{\"product_id\":%lu,\"qty\":%lu}]%s}",
        1 + random_below(&random_state, customers), product[0], 1 + random_below(&random_state, 3), product[1],
        1 + random_below(&random_state, 3), key_member);
}

static void send_request(struct connection *connection) {
    char request[2048], body[512], key[64], member[128] = "";
    int length, body_length;
    snprintf(key, sizeof key, "bench-%lx-%lx", (unsigned long) getpid() << 40 ^ (unsigned long) time(NULL), next_key++);
    int is_create = !strcmp(kind, "create-order"), is_placed = !strcmp(kind, "place-order");
    if (is_create || is_placed || !strcmp(kind, "orchestrate")) {
        int has_header = is_create || is_placed;
        if (!has_header) snprintf(member, sizeof member, ",\"idempotency_key\":\"%s\"", key);
        body_length = order(body, sizeof body, member);
        length = snprintf(request, sizeof request,
            "POST %s HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nAuthorization: Bearer %s\r\nContent-Type: application/json\r\n"
            "Content-Length: %d\r\n%s%s%s\r\n%s",
            is_create ? "/admin/orders/create-order" : is_placed ? "/api/v1/orders" : "/orchestrator/create-and-confirm-order",
            port, token, body_length, has_header ? "X-Idempotency-Key: " : "", has_header ? key : "", has_header ? "\r\n" : "",
            body);
    } else {
        length = snprintf(request, sizeof request, "GET %s HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nAuthorization: Bearer %s\r\n\r\n",
            path, port, token);
    }
    connection->count = 0;
    connection->is_waiting = 1;
    connection->began = now();
    in_flight++;
    // It fits the socket's buffer, which is empty; where the server has closed, the next read says so.
    if (send(connection->socket, request, (size_t) length, MSG_NOSIGNAL) != length && errno != EPIPE && errno != ECONNRESET)
        fail("send");
}

// Returns the status once the whole reply is there, 0 before.
static int reply_status(struct connection *connection) {
    connection->bytes[connection->count] = 0;
    char *end = strstr(connection->bytes, "\r\n\r\n"), *length = strcasestr(connection->bytes, "\r\ncontent-length:");
    if (!end) return 0;
    size_t body_count = length && length < end ? strtoul(length + 17, NULL, 10) : 0;
    if ((size_t) (end - connection->bytes) + 4 + body_count > connection->count) return 0;
    return atoi(connection->bytes + 9);
}

// A refused client's next request is for later.
static void obey(struct connection *connection) {
    char *after = strcasestr(connection->bytes, "\r\nretry-after:");
    if (!obeys || !after) return;
    double seconds = atof(after + strlen("\r\nretry-after:"));
    connection->paused_until = now() + seconds * (1 + (double) random_below(&random_state, 500) / 1000);
    paused++;
}

// Reads what has come; returns whether the connection's request has ended, answered or not.
static int receive(struct connection *connection) {
    ssize_t received = recv(connection->socket, connection->bytes + connection->count, reply_bytes_max - connection->count, 0);
    if (received <= 0) {
        close(connection->socket);
        open_connection(connection);
        if (!connection->is_waiting) return 0;
        closed++;
    } else {
        connection->count += (size_t) received;
        int status = reply_status(connection);
        if (!status && connection->count == reply_bytes_max) fail("a reply is larger than expected");
        if (!status) return 0;
        if (status < 0 || status >= status_max) fail("not an HTTP reply");
        statuses[status]++;
        if (status / 100 == 2) {
            served_at = now();
            add_latency(&latencies, served_at - connection->began);
        } else {
            obey(connection);
        }
    }
    connection->is_waiting = 0;
    in_flight--;
    return 1;
}

static void report_statuses(void) {
    for (int status = 0; status < status_max; status++)
        if (statuses[status]) printf("%d:%zu,", status, statuses[status]);
    printf("closed:%zu,unanswered:%d\n", closed, in_flight);
}

int main(int count, char **arguments) {
    if (count < 5 || ((!strcmp(arguments[4], "get") || !strcmp(arguments[4], "hold")) && count < 6)) {
        fprintf(stderr, "load PORT CLIENTS SECONDS get PATH | hold PATH | create-order | place-order | orchestrate\n");
        return 2;
    }
    int clients = atoi(arguments[2]);
    double seconds = atof(arguments[3]);
    port = (uint16_t) atoi(arguments[1]);
    kind = arguments[4];
    path = count > 5 ? arguments[5] : "";
    token = getenv("LOAD_TOKEN") ? getenv("LOAD_TOKEN") : "none";
    customers = number_of("LOAD_CUSTOMERS", 1);
    products = number_of("LOAD_PRODUCTS", 2);
    random_state = random_seed(0);
    obeys = getenv("LOAD_OBEYS") != NULL;
    epoll = epoll_create1(EPOLL_CLOEXEC);
    struct connection *connections = calloc((size_t) clients, sizeof *connections);
    if (epoll < 0 || !connections) fail("start");
    for (int i = 0; i < clients; i++) open_connection(&connections[i]);
    // Connections that are held are many; their requests come in turns, so that none meets a full queue.
    int is_held = !strcmp(kind, "hold"), sent = is_held && clients > held_at_once ? held_at_once : clients;
    double began = now(), last = is_held ? 0 : began + seconds, end = began + seconds + drain_seconds;
    for (int i = 0; i < sent; i++) send_request(&connections[i]);
    while ((in_flight > 0 || (paused > 0 && now() < last)) && now() < end) {
        struct epoll_event events[256];
        int ready = epoll_wait(epoll, events, 256, paused > 0 ? 10 : 100);
        for (int i = 0; i < ready; i++) {
            struct connection *connection = events[i].data.ptr;
            if (!receive(connection) || connection->paused_until > 0) continue;
            if (sent < clients) send_request(&connections[sent++]);
            else if (now() < last) send_request(connection);
        }
        double moment = now();
        for (int i = 0; paused > 0 && i < clients && moment < last; i++) {
            if (connections[i].paused_until == 0 || moment < connections[i].paused_until) continue;
            connections[i].paused_until = 0;
            paused--;
            send_request(&connections[i]);
        }
    }
    // Until the last that was served, not the last that was refused, who may have been made to wait for that.
    double elapsed = served_at - began > seconds ? served_at - began : seconds;
    if (is_held && latencies.count == (size_t) clients) {
        printf("held\n");
        fflush(stdout);
        usleep((useconds_t) (seconds * 1e6));
        return 0;
    }
    report(&latencies, elapsed);
    report_statuses();
    return latencies.count == 0 || is_held;
}
