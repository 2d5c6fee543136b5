// A Lambda runtime API that starts a function, hands it events back to back and prints how fast it was.
//
//   runtime-api warm EVENT EVENTS PROGRAM [ARGUMENT...]   events per second, median cycle in us, resident KiB afterwards
//   runtime-api cold EVENT STARTS PROGRAM [ARGUMENT...]   medians of exec to first /next and to first response, in ms
//
// One thread; HTTP/1.1 with kept-alive connections and bodies of announced length, which is what runtimes send. A cycle is
// from handing an event out to the next request for one: two round trips.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define CONNECTIONS_MAX 8
#define BODY_BYTES_MAX (8 << 20) // More than Lambda allows an event or a response to have.
#define SILENCE_MS_MAX 20000     // A function that says nothing for so long has failed.

struct connection {
    int socket;
    char *bytes;
    size_t count;
};

static struct connection connections[CONNECTIONS_MAX];
static int listener, port;
static char *event_bytes;
static size_t event_count;
static uint64_t handed_out_at, first_next_at, first_response_at;
static long handed_out, answered;

static _Noreturn void fail(const char *reason) {
    fprintf(stderr, "runtime-api: %s\n", reason);
    exit(1);
}

static uint64_t now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (uint64_t) time.tv_sec * 1000000000 + (uint64_t) time.tv_nsec;
}

static void send_all(int socket, const char *bytes, size_t count) {
    while (count > 0) {
        ssize_t sent = send(socket, bytes, count, MSG_NOSIGNAL);
        if (sent < 0) fail("the function closed its connection");
        bytes += sent;
        count -= (size_t) sent;
    }
}

static void hand_out(int socket) {
    static char reply[2 << 20];
    struct timespec time;
    clock_gettime(CLOCK_REALTIME, &time);
    int head = snprintf(reply, sizeof reply,
        "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
        "Lambda-Runtime-Aws-Request-Id: 8476a536-e9f4-11e8-9739-%012lx\r\n"
        "Lambda-Runtime-Deadline-Ms: %lld\r\n"
        "Lambda-Runtime-Invoked-Function-Arn: arn:aws:lambda:us-east-1:012345678912:function:benchmark\r\n"
        "Lambda-Runtime-Trace-Id: Root=1-5bef4de7-ad49b0e87f6ef6c87fc2e700;Parent=9a9197af755a6419;Sampled=1\r\n"
        "Date: Sat, 01 Jan 2000 00:00:00 GMT\r\nContent-Length: %zu\r\n\r\n",
        (unsigned long) ++handed_out, (long long) time.tv_sec * 1000 + 30000, event_count);
    if ((size_t) head + event_count > sizeof reply) fail("the event is too large");
    memcpy(reply + head, event_bytes, event_count);
    handed_out_at = now();
    send_all(socket, reply, (size_t) head + event_count);
}

// Handles one request at the start of the bytes; returns how many bytes it had, 0 while it is incomplete.
static size_t handle(struct connection *connection, int *asks_for_event) {
    static const char accepted[] =
        "HTTP/1.1 202 Accepted\r\nContent-Type: application/json\r\nDate: Sat, 01 Jan 2000 00:00:00 GMT\r\n"
        "Content-Length: 16\r\n\r\n{\"status\":\"OK\"}\n";
    static const char registered[] =
        "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
        "Lambda-Extension-Identifier: 5f2d3a1e-0000-4000-8000-000000000001\r\nContent-Length: 2\r\n\r\n{}";
    char *end = memmem(connection->bytes, connection->count, "\r\n\r\n", 4);
    if (!end) return 0;
    size_t length = (size_t) (end - connection->bytes) + 4;
    char *line = connection->bytes;
    while ((line = memchr(line, '\n', (size_t) (end - line))) != NULL) {
        line++;
        if (!strncasecmp(line, "content-length:", 15)) length += strtoul(line + 15, NULL, 10);
        if (!strncasecmp(line, "transfer-encoding:", 18)) fail("a body without a length is not supported");
    }
    if (connection->count < length) return 0;
    // A runtime may register as an extension, to be told of the end; that call for news is never answered here.
    if (!strncmp(connection->bytes, "POST /2020-01-01/extension/register ", 36)) {
        send_all(connection->socket, registered, sizeof registered - 1);
        return length;
    }
    if (!strncmp(connection->bytes, "GET /2020-01-01/extension/event/next ", 37)) return length;
    if (!strncmp(connection->bytes, "GET ", 4)) {
        if (!first_next_at) first_next_at = now();
        *asks_for_event = 1;
        return length;
    }
    char *path_end = memchr(connection->bytes + 5, ' ', length - 5);
    if (!path_end || strncmp(path_end - 9, "/response", 9)) fail("the function reported an error");
    if (!first_response_at) first_response_at = now();
    answered++;
    send_all(connection->socket, accepted, sizeof accepted - 1);
    return length;
}

static void accept_connection(void) {
    int socket = accept4(listener, NULL, NULL, SOCK_CLOEXEC), yes = 1;
    setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
    for (int i = 0; i < CONNECTIONS_MAX; i++) {
        if (connections[i].socket) continue;
        connections[i].socket = socket;
        connections[i].count = 0;
        if (!connections[i].bytes) connections[i].bytes = malloc(BODY_BYTES_MAX);
        return;
    }
    fail("the function has too many connections");
}

// Waits for the next thing to happen; returns the connection that asks for an event, or NULL.
static struct connection *serve(void) {
    struct pollfd sockets[CONNECTIONS_MAX + 1] = {{.fd = listener, .events = POLLIN}};
    for (int i = 0; i < CONNECTIONS_MAX; i++)
        sockets[i + 1] = (struct pollfd) {.fd = connections[i].socket ? connections[i].socket : -1, .events = POLLIN};
    if (poll(sockets, CONNECTIONS_MAX + 1, SILENCE_MS_MAX) <= 0) fail("the function ended or says nothing");
    if (sockets[0].revents) accept_connection();
    struct connection *asking = NULL;
    for (int i = 0; i < CONNECTIONS_MAX; i++) {
        struct connection *connection = &connections[i];
        if (sockets[i + 1].fd < 0 || !sockets[i + 1].revents) continue;
        ssize_t received = recv(
            connection->socket, connection->bytes + connection->count, BODY_BYTES_MAX - connection->count, 0);
        if (received <= 0) {
            close(connection->socket);
            connection->socket = 0;
            continue;
        }
        connection->count += (size_t) received;
        int asks_for_event = 0;
        size_t used = handle(connection, &asks_for_event);
        memmove(connection->bytes, connection->bytes + used, connection->count -= used);
        if (asks_for_event) asking = connection;
    }
    return asking;
}

static void notice(int signal) { (void) signal; }

static void listen_on_any_port(void) {
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t length = sizeof address;
    listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (bind(listener, (void *) &address, length) || listen(listener, 16)) fail("no port to listen on");
    getsockname(listener, (void *) &address, &length);
    char api[32];
    snprintf(api, sizeof api, "127.0.0.1:%d", port = ntohs(address.sin_port));
    setenv("AWS_LAMBDA_RUNTIME_API", api, 1);
}

static pid_t start(char **command) {
    pid_t process = vfork();
    if (process == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        execv(command[0], command);
        _exit(127);
    }
    return process;
}

static void stop(pid_t process) {
    kill(process, SIGKILL);
    waitpid(process, NULL, 0);
    for (int i = 0; i < CONNECTIONS_MAX; i++) {
        if (connections[i].socket) close(connections[i].socket);
        connections[i].socket = 0;
    }
}

static long resident_kilobytes(pid_t process) {
    char path[64], line[256];
    long kilobytes = 0;
    snprintf(path, sizeof path, "/proc/%d/status", process);
    FILE *status = fopen(path, "r");
    while (status && fgets(line, sizeof line, status)) sscanf(line, "VmRSS: %ld", &kilobytes);
    if (status) fclose(status);
    return kilobytes;
}

static int compare(const void *left, const void *right) {
    uint64_t a = *(const uint64_t *) left, b = *(const uint64_t *) right;
    return (a > b) - (a < b);
}

static uint64_t median(uint64_t *values, long count) {
    qsort(values, (size_t) count, sizeof *values, compare);
    return values[count / 2];
}

static void measure_warm(char **command, long events) {
    uint64_t *cycles = calloc((size_t) events, sizeof *cycles), started_at = 0;
    long warm_up = events / 10, cycle = -warm_up;
    pid_t process = start(command);
    while (cycle < events) {
        struct connection *asking = serve();
        if (!asking) continue;
        if (handed_out != answered) fail("the function asked for an event before it answered the last one");
        if (handed_out > 0 && ++cycle > 0) cycles[cycle - 1] = now() - handed_out_at;
        if (cycle == 0) started_at = now();
        if (cycle < events) hand_out(asking->socket);
    }
    double seconds = (double) (now() - started_at) / 1e9;
    printf("%.0f %.1f %ld\n", (double) events / seconds, (double) median(cycles, events) / 1e3, resident_kilobytes(process));
    stop(process);
}

static void measure_cold(char **command, long starts) {
    uint64_t *nexts = calloc((size_t) starts, sizeof *nexts), *responses = calloc((size_t) starts, sizeof *responses);
    for (long i = 0; i < starts; i++) {
        first_next_at = first_response_at = 0;
        uint64_t started_at = now();
        pid_t process = start(command);
        while (!first_response_at) {
            struct connection *asking = serve();
            if (asking) hand_out(asking->socket);
        }
        nexts[i] = first_next_at - started_at;
        responses[i] = first_response_at - started_at;
        stop(process);
    }
    printf("%.2f %.2f\n", (double) median(nexts, starts) / 1e6, (double) median(responses, starts) / 1e6);
}

int main(int count, char **arguments) {
    if (count < 5) fail("use: runtime-api warm|cold EVENT COUNT PROGRAM [ARGUMENT...]");
    FILE *file = fopen(arguments[2], "rb");
    if (!file) fail("the event cannot be read");
    event_bytes = malloc(BODY_BYTES_MAX);
    event_count = fread(event_bytes, 1, BODY_BYTES_MAX, file);
    fclose(file);
    listen_on_any_port();
    // Without SA_RESTART, so that waiting for a function that has ended is interrupted.
    sigaction(SIGCHLD, &(struct sigaction) {.sa_handler = notice}, NULL);
    long repetitions = atol(arguments[3]);
    if (repetitions < 1) fail("COUNT must be a positive number");
    if (!strcmp(arguments[1], "warm")) measure_warm(arguments + 4, repetitions);
    else measure_cold(arguments + 4, repetitions);
}
