// The least that a server of HTTP can do: one thread answers each request with the bytes of a file. A request is what ends in an
// empty line; bodies are for others.
//
// responder PORT FILE
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

enum { descriptors_max = 4096, reply_bytes_max = 16384 };

static unsigned char matched[descriptors_max]; // How many bytes of the empty line have come.
static char reply[reply_bytes_max], bytes[16384];
static size_t reply_count;

static void fail(const char *what) {
    perror(what);
    exit(1);
}

static void read_reply(const char *path) {
    int file = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t count = file < 0 ? -1 : read(file, reply, sizeof reply);
    if (count <= 0 || count == sizeof reply) fail(path);
    reply_count = (size_t) count;
    close(file);
}

static int requests_in(int socket, ssize_t count) {
    int requests = 0;
    for (ssize_t i = 0; i < count; i++) {
        unsigned char progress = matched[socket];
        if (bytes[i] == "\r\n\r\n"[progress]) progress++;
        else progress = bytes[i] == '\r';
        if (progress == 4) requests++;
        matched[socket] = progress % 4;
    }
    return requests;
}

static void answer(int socket) {
    ssize_t count = recv(socket, bytes, sizeof bytes, 0);
    if (count <= 0) {
        close(socket);
        return;
    }
    for (int requests = requests_in(socket, count); requests > 0; requests--)
        if (send(socket, reply, reply_count, MSG_NOSIGNAL) != (ssize_t) reply_count) {
            close(socket);
            return;
        }
}

int main(int count, char **arguments) {
    if (count != 3) return fprintf(stderr, "responder PORT FILE\n"), 2;
    read_reply(arguments[2]);
    struct sockaddr_in where = {
        .sin_family = AF_INET, .sin_port = htons((unsigned short) atoi(arguments[1])), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int yes = 1, listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), epoll = epoll_create1(EPOLL_CLOEXEC);
    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    if (bind(listener, (void *) &where, sizeof where) || listen(listener, 1024)) fail("listen");
    struct epoll_event event = {.events = EPOLLIN, .data.fd = listener}, events[256];
    if (epoll_ctl(epoll, EPOLL_CTL_ADD, listener, &event)) fail("epoll_ctl");
    for (;;) {
        int ready = epoll_wait(epoll, events, 256, -1);
        for (int i = 0; i < ready; i++) {
            if (events[i].data.fd != listener) {
                answer(events[i].data.fd);
                continue;
            }
            int accepted = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
            if (accepted < 0) continue;
            if (accepted >= descriptors_max) fail("too many connections");
            matched[accepted] = 0;
            setsockopt(accepted, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
            event.data.fd = accepted;
            if (epoll_ctl(epoll, EPOLL_CTL_ADD, accepted, &event)) fail("epoll_ctl");
        }
    }
}
