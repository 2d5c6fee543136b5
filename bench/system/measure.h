// What load.c and ceiling.c both do: read the clock, draw numbers, and tell the percentiles of what things took.
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

struct latencies {
    float *seconds;
    size_t count, capacity;
};

static double now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double) time.tv_sec + (double) time.tv_nsec * 1e-9;
}

// A state from which `random_below` draws, another for each `number` and each process.
static uint64_t random_seed(uint64_t number) {
    return 0x9E3779B97F4A7C15ull * (number + 1) ^ (uint64_t) getpid() << 32 ^ (uint64_t) time(NULL);
}

static uint64_t random_below(uint64_t *state, uint64_t limit) { // xorshift64
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return *state % limit;
}

// Two different numbers from 1 to `limit`, the smaller first.
static void draw_pair(uint64_t *state, uint64_t limit, uint64_t pair[2]) {
    uint64_t one = 1 + random_below(state, limit), other = 1 + random_below(state, limit - 1);
    if (other >= one) other++;
    pair[0] = one < other ? one : other;
    pair[1] = one < other ? other : one;
}

// A whole number of the environment, at least `least`.
static uint64_t number_of(const char *variable, uint64_t least) {
    const char *text = getenv(variable);
    uint64_t value = text ? strtoull(text, NULL, 10) : 0;
    return value < least ? least : value;
}

static void add_latency(struct latencies *latencies, double seconds) {
    if (latencies->count == latencies->capacity) {
        latencies->capacity = latencies->capacity ? 2 * latencies->capacity : 4096;
        latencies->seconds = realloc(latencies->seconds, latencies->capacity * sizeof(float));
        if (!latencies->seconds) abort();
    }
    latencies->seconds[latencies->count++] = (float) seconds;
}

static int is_ascending(const void *left, const void *right) {
    float a = *(const float *) left, b = *(const float *) right;
    return (a > b) - (a < b);
}

// Prints DONE SECONDS P50-MS P99-MS and a blank.
static void report(struct latencies *latencies, double seconds) {
    size_t count = latencies->count;
    if (count) qsort(latencies->seconds, count, sizeof(float), is_ascending);
    double p50 = count ? latencies->seconds[count / 2] : 0, p99 = count ? latencies->seconds[count * 99 / 100] : 0;
    printf("%zu %.4f %.3f %.3f ", count, seconds, p50 * 1e3, p99 * 1e3);
}
