// epoll(7) and eventfd(2), which the C library has and Swift's Glibc module leaves out.
#pragma once
#include <sys/epoll.h>
#include <sys/eventfd.h>

// Swift does not import these as numbers.
static const unsigned int cepoll_readable = EPOLLIN;
static const unsigned int cepoll_writable = EPOLLOUT;
static const unsigned int cepoll_broken = EPOLLERR | EPOLLHUP;
static const unsigned int cepoll_edge_triggered = 1u << 31;
static const int cepoll_close_on_exec = EPOLL_CLOEXEC;
static const int ceventfd_flags = EFD_CLOEXEC | EFD_NONBLOCK;
