// What the database allows: orders made by prepared statements from C, one connection a thread, with no HTTP, no JSON to read and
// no customer to ask for. The statements are those that the Orders API sends, on its own tables.
//
// ceiling THREADS SECONDS create | create-and-confirm     prints DONE SECONDS P50-MS P99-MS retried:COUNT CPU-MS
// DB_HOST and DB_PORT, or DB_SOCKET; DB_USERNAME, DB_PASSWORD: as the services read them. LOAD_*: as load.c does.
#define _GNU_SOURCE
#include <mysql.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/resource.h>

#include "measure.h"

enum {
    find_products, insert_order, insert_key, insert_items, insert_event, insert_outbox, take_stock, lock_order, update_order,
    statement_count
};
enum { inputs_max = 24, columns_max = 21, text_bytes_max = 256, deadlock = 1213 };

#define EACH "CASE id WHEN ? THEN ? WHEN ? THEN ? END"
static const char *const texts[statement_count] = {
    "SELECT id, sku, name, description, price_cents, stock, is_active, created_at, updated_at, version, UTC_TIMESTAMP(6) AS now "
    "FROM products WHERE id IN (?, ?) ORDER BY id",
    "INSERT INTO orders (version, customer_id, customer_name, customer_email, customer_phone, status, total_cents, created_at, "
    "key_digest, correlation_digest) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
    "INSERT INTO idempotency_keys (scope, idempotency_key, fingerprint, status_code, location, response_body, created_at, "
    "expires_at) VALUES (?, ?, ?, ?, ?, ?, UTC_TIMESTAMP(6), UTC_TIMESTAMP(6) + INTERVAL ? HOUR)",
    "INSERT INTO order_items (order_id, line_number, product_id, sku, name, qty, unit_price_cents, subtotal_cents) "
    "VALUES (?, ?, ?, ?, ?, ?, ?, ?), (?, ?, ?, ?, ?, ?, ?, ?)",
    "INSERT INTO order_events (order_id, version, event_id, type, body, created_at) VALUES (?, ?, ?, ?, ?, ?)",
    "INSERT INTO event_outbox (order_id, version, type) VALUES (?, ?, ?)",
    "UPDATE products FORCE INDEX (PRIMARY) SET stock = stock - " EACH " WHERE id IN (?, ?) AND stock >= " EACH
    " AND price_cents = " EACH " AND is_active ORDER BY id",
    "SELECT id, version, customer_id, customer_name, customer_email, customer_phone, status, cancel_reason, total_cents, created_at, "
    "confirmed_at, canceled_at, order_id, product_id, sku, name, qty, unit_price_cents, subtotal_cents, UTC_TIMESTAMP(6) AS now "
    "FROM orders JOIN order_items ON order_id = id WHERE id = ? ORDER BY line_number FOR UPDATE",
    "UPDATE orders SET version = ?, status = ?, cancel_reason = ?, confirmed_at = ?, canceled_at = ? WHERE id = ?",
};

struct worker {
    pthread_t thread;
    MYSQL *connection;
    MYSQL_STMT *statements[statement_count];
    MYSQL_BIND inputs[inputs_max];
    uint64_t numbers[inputs_max];
    unsigned input_count;
    uint64_t random_state, next_key, row_numbers[columns_max];
    char row_texts[columns_max][text_bytes_max], key[64];
    size_t retried;
    struct latencies latencies;
};

struct line {
    uint64_t product, quantity, price;
    char sku[text_bytes_max], name[text_bytes_max];
};

static int is_confirming;
static uint64_t customers, products;
static atomic_int is_over;
static pthread_barrier_t start;

static void fail(const char *what, const char *why) {
    fprintf(stderr, "ceiling: %s: %s\n", what, why);
    exit(1);
}

static const char *setting(const char *variable) {
    const char *value = getenv(variable);
    return value && *value ? value : NULL;
}

static void connect_worker(struct worker *worker) {
    MYSQL *connection = worker->connection = mysql_init(NULL);
    const char *socket = setting("DB_SOCKET");
    unsigned protocol = socket ? MYSQL_PROTOCOL_SOCKET : MYSQL_PROTOCOL_TCP;
    mysql_options(connection, MYSQL_OPT_PROTOCOL, &protocol);
    if (!mysql_real_connect(connection, socket ? NULL : setting("DB_HOST"), setting("DB_USERNAME"), setting("DB_PASSWORD"), "orders",
            socket ? 0 : (unsigned) atoi(setting("DB_PORT")), socket, 0)
        || mysql_query(connection, "SET SESSION time_zone = '+00:00', SESSION autocommit = 0")
        || mysql_query(connection, "SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED"))
        fail("connect", mysql_error(connection));
    for (int i = 0; i < statement_count; i++) {
        worker->statements[i] = mysql_stmt_init(connection);
        if (mysql_stmt_prepare(worker->statements[i], texts[i], strlen(texts[i]))) fail(texts[i], mysql_error(connection));
    }
}

static MYSQL_BIND *add_input(struct worker *worker, enum enum_field_types type) {
    MYSQL_BIND *input = &worker->inputs[worker->input_count++];
    memset(input, 0, sizeof *input);
    input->buffer_type = type;
    return input;
}

static void add_number(struct worker *worker, uint64_t number) {
    uint64_t *kept = &worker->numbers[worker->input_count];
    MYSQL_BIND *input = add_input(worker, MYSQL_TYPE_LONGLONG);
    *kept = number;
    input->buffer = kept;
    input->is_unsigned = 1;
}

static void add_bytes(struct worker *worker, const char *bytes, size_t count) {
    MYSQL_BIND *input = add_input(worker, MYSQL_TYPE_STRING);
    input->buffer = (void *) bytes;
    input->buffer_length = count;
}

static void add_text(struct worker *worker, const char *text) { add_bytes(worker, text, strlen(text)); }

// Sends a statement with the inputs that were added; returns the server's error, 0 for none.
static unsigned execute(struct worker *worker, int statement) {
    MYSQL_STMT *handle = worker->statements[statement];
    worker->input_count = 0;
    if (mysql_stmt_bind_param(handle, worker->inputs) || mysql_stmt_execute(handle)) return mysql_stmt_errno(handle);
    return 0;
}

// Makes the columns of a query those of `worker->row_numbers` (n) and `worker->row_texts` (t).
static void bind_row(struct worker *worker, int statement, const char *types) {
    MYSQL_BIND columns[columns_max];
    memset(columns, 0, sizeof columns);
    for (size_t i = 0; types[i]; i++) {
        int is_number = types[i] == 'n';
        columns[i].buffer_type = is_number ? MYSQL_TYPE_LONGLONG : MYSQL_TYPE_STRING;
        columns[i].buffer = is_number ? (void *) &worker->row_numbers[i] : worker->row_texts[i];
        columns[i].buffer_length = is_number ? sizeof(uint64_t) : text_bytes_max;
        columns[i].is_unsigned = 1;
    }
    mysql_stmt_bind_result(worker->statements[statement], columns);
}

static int fetch(struct worker *worker, int statement) { return !mysql_stmt_fetch(worker->statements[statement]); }

// Keeps a reply as long as the service's own.
static unsigned keep_reply(struct worker *worker, const char *scope, unsigned status, uint64_t order, const struct line lines[2]) {
    char body[1024], location[64], fingerprint[32];
    memset(fingerprint, (int) order, sizeof fingerprint);
    snprintf(location, sizeof location, "/admin/orders/find-one/%lu", order);
    int count = snprintf(body, sizeof body,
        "{\"data\":{\"id\":%lu,\"customer_id\":1,\"customer_name\":\"Customer 1\",\"customer_email\":\"customer1@example.com\","
        "\"customer_phone\":\"+593 99 000 0001\",\"status\":\"CREATED\",\"cancel_reason\":null,\"total_cents\":%lu,\"items\":["
        "{\"product_id\":%lu,\"sku\":\"%s\",\"name\":\"%s\",\"qty\":%lu,\"unit_price_cents\":%lu,\"subtotal_cents\":%lu},"
        "{\"product_id\":%lu,\"sku\":\"%s\",\"name\":\"%s\",\"qty\":%lu,\"unit_price_cents\":%lu,\"subtotal_cents\":%lu}],"
        "\"created_at\":\"2026-01-01T00:00:00.000000Z\",\"confirmed_at\":null,\"canceled_at\":null}}",
        order, lines[0].price + lines[1].price, lines[0].product, lines[0].sku, lines[0].name, lines[0].quantity, lines[0].price,
        lines[0].price, lines[1].product, lines[1].sku, lines[1].name, lines[1].quantity, lines[1].price, lines[1].price);
    add_text(worker, scope);
    add_text(worker, worker->key);
    add_bytes(worker, fingerprint, sizeof fingerprint);
    add_number(worker, status);
    if (status == 201) add_text(worker, location);
    else add_input(worker, MYSQL_TYPE_NULL);
    add_bytes(worker, body, (size_t) count);
    add_number(worker, 72);
    return execute(worker, insert_key);
}

// Writes what happened to an order, and has it numbered.
static unsigned tell(struct worker *worker, uint64_t order, unsigned version, const char *type, const char *status, const char *former,
                     const struct line lines[2], const char *time) {
    uint64_t id[2] = {random_below(&worker->random_state, UINT64_MAX), random_below(&worker->random_state, UINT64_MAX)};
    char body[2048];
    int count = snprintf(
        body, sizeof body,
        "{\"specversion\":\"1.0\",\"id\":\"%08lx-0000-4000-8000-%012lx\",\"source\":\"/orders-api\",\"type\":\"%s\","
        "\"subject\":\"orders/%lu\",\"time\":\"2026-01-01T00:00:00.000000Z\",\"datacontenttype\":\"application/json\","
        "\"dataschema\":\"urn:orchestrator:%s-1\",\"partitionkey\":\"%lu\",\"sequence\":\"%u\","
        "\"traceparent\":\"00-%016lx%016lx-%016lx-01\",\"data\":{\"order_id\":%lu,\"customer_id\":1,\"version\":%u,"
        "\"status\":\"%s\",\"previous_status\":\"%s\",\"reason\":null,\"total_cents\":%lu,\"items\":["
        "{\"product_id\":%lu,\"sku\":\"%s\",\"qty\":%lu,\"unit_price_cents\":%lu,\"subtotal_cents\":%lu},"
        "{\"product_id\":%lu,\"sku\":\"%s\",\"qty\":%lu,\"unit_price_cents\":%lu,\"subtotal_cents\":%lu}]}}",
        id[0] & 0xffffffff, id[1] & 0xffffffffffff, type, order, type, order, version, id[0], id[1], id[0], order, version, status,
        former, lines[0].price + lines[1].price, lines[0].product, lines[0].sku, lines[0].quantity, lines[0].price, lines[0].price,
        lines[1].product, lines[1].sku, lines[1].quantity, lines[1].price, lines[1].price);
    add_number(worker, order);
    add_number(worker, version);
    add_bytes(worker, (const char *) id, sizeof id);
    add_text(worker, type);
    add_bytes(worker, body, (size_t) count);
    add_text(worker, time);
    unsigned error = execute(worker, insert_event);
    if (error) return error;
    add_number(worker, order);
    add_number(worker, version);
    add_text(worker, type);
    return execute(worker, insert_outbox);
}

static unsigned commit(struct worker *worker) {
    return mysql_query(worker->connection, "COMMIT") ? mysql_errno(worker->connection) : 0;
}

static void add_each(struct worker *worker, const struct line lines[2], int is_price) {
    for (int i = 0; i < 2; i++) {
        add_number(worker, lines[i].product);
        add_number(worker, is_price ? lines[i].price : lines[i].quantity);
    }
}

static unsigned create(struct worker *worker, struct line lines[2], uint64_t *order) {
    unsigned error, found = 0;
    for (int i = 0; i < 2; i++) add_number(worker, lines[i].product);
    if ((error = execute(worker, find_products))) return error;
    while (fetch(worker, find_products)) {
        if (found == 2 || worker->row_numbers[0] != lines[found].product) fail("products", "not those that were asked for");
        lines[found].price = worker->row_numbers[4];
        strcpy(lines[found].sku, worker->row_texts[1]);
        strcpy(lines[found++].name, worker->row_texts[2]);
    }
    uint64_t totals[2] = {lines[0].quantity * lines[0].price, lines[1].quantity * lines[1].price};
    add_number(worker, 1);
    add_number(worker, 1 + random_below(&worker->random_state, customers));
    add_text(worker, "Customer 1");
    add_text(worker, "customer1@example.com");
    add_text(worker, "+593 99 000 0001");
    add_text(worker, "CREATED");
    add_number(worker, totals[0] + totals[1]);
    add_text(worker, worker->row_texts[10]);
    uint64_t digests[2];
    for (int i = 0; i < 2; i++) {
        digests[i] = random_below(&worker->random_state, UINT64_MAX);
        add_bytes(worker, (const char *) &digests[i], sizeof digests[i]);
    }
    if ((error = execute(worker, insert_order))) return error;
    *order = mysql_stmt_insert_id(worker->statements[insert_order]);
    if ((error = keep_reply(worker, "createOrder", 201, *order, lines))) return error;
    for (unsigned i = 0; i < 2; i++) {
        add_number(worker, *order);
        add_number(worker, i + 1);
        add_number(worker, lines[i].product);
        add_text(worker, lines[i].sku);
        add_text(worker, lines[i].name);
        add_number(worker, lines[i].quantity);
        add_number(worker, lines[i].price);
        add_number(worker, totals[i]);
    }
    if ((error = execute(worker, insert_items))) return error;
    if ((error = tell(worker, *order, 1, "order.created", "CREATED", "", lines, worker->row_texts[10]))) return error;
    add_each(worker, lines, 0);
    for (int i = 0; i < 2; i++) add_number(worker, lines[i].product);
    add_each(worker, lines, 0);
    add_each(worker, lines, 1);
    if ((error = execute(worker, take_stock))) return error;
    if (mysql_stmt_affected_rows(worker->statements[take_stock]) != 2) fail("stock", "there is none left");
    return commit(worker);
}

static unsigned confirm(struct worker *worker, const struct line lines[2], uint64_t order) {
    char scope[64];
    unsigned error;
    add_number(worker, order);
    if ((error = execute(worker, lock_order))) return error;
    while (fetch(worker, lock_order)) {}
    snprintf(scope, sizeof scope, "confirmOrder:%lu", order);
    if ((error = keep_reply(worker, scope, 200, order, lines))) return error;
    add_number(worker, 2);
    add_text(worker, "CONFIRMED");
    add_input(worker, MYSQL_TYPE_NULL);
    add_text(worker, worker->row_texts[19]);
    add_input(worker, MYSQL_TYPE_NULL);
    add_number(worker, order);
    if ((error = execute(worker, update_order))) return error;
    if ((error = tell(worker, order, 2, "order.confirmed", "CONFIRMED", "CREATED", lines, worker->row_texts[19]))) return error;
    return commit(worker);
}

// Whether there was no error. Two orders that wait for each other are the database's to tell apart: the one it ends begins anew.
static int succeeded(struct worker *worker, unsigned error) {
    if (!error) return 1;
    if (error != deadlock) {
        for (int i = 0; i < statement_count; i++)
            if (mysql_stmt_errno(worker->statements[i]) == error) fail(texts[i], mysql_stmt_error(worker->statements[i]));
        fail("COMMIT", mysql_error(worker->connection));
    }
    mysql_rollback(worker->connection);
    worker->retried++;
    return 0;
}

static void place_order(struct worker *worker) {
    struct line lines[2];
    uint64_t order, product[2];
    draw_pair(&worker->random_state, products, product);
    for (int i = 0; i < 2; i++) lines[i] = (struct line) {product[i], 1 + random_below(&worker->random_state, 3), 0, "", ""};
    snprintf(worker->key, sizeof worker->key, "ceiling-%lx-%lx", worker->random_state, worker->next_key++);
    while (!succeeded(worker, create(worker, lines, &order))) {}
    if (is_confirming)
        while (!succeeded(worker, confirm(worker, lines, order))) {}
}

static void *work(void *argument) {
    struct worker *worker = argument;
    mysql_thread_init();
    connect_worker(worker);
    bind_row(worker, find_products, "ntttnnnttnt");
    bind_row(worker, lock_order, "nnntttttntttnnttnnnt");
    pthread_barrier_wait(&start);
    pthread_barrier_wait(&start); // The clocks have been read.
    while (!atomic_load(&is_over)) {
        double began = now();
        place_order(worker);
        add_latency(&worker->latencies, now() - began);
    }
    pthread_barrier_wait(&start);
    mysql_close(worker->connection);
    mysql_thread_end();
    return NULL;
}

static double cpu_seconds(void) {
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    return (double) (usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) + (double) (usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) * 1e-6;
}

int main(int count, char **arguments) {
    if (count != 4) return fprintf(stderr, "ceiling THREADS SECONDS create | create-and-confirm\n"), 2;
    unsigned threads = (unsigned) atoi(arguments[1]);
    double seconds = atof(arguments[2]);
    is_confirming = !strcmp(arguments[3], "create-and-confirm");
    customers = number_of("LOAD_CUSTOMERS", 1);
    products = number_of("LOAD_PRODUCTS", 2);
    mysql_library_init(0, NULL, NULL);
    struct worker *workers = calloc(threads, sizeof *workers);
    pthread_barrier_init(&start, NULL, threads + 1);
    for (unsigned i = 0; i < threads; i++) {
        workers[i].random_state = random_seed(i);
        if (pthread_create(&workers[i].thread, NULL, work, &workers[i])) fail("pthread_create", "no thread");
    }
    pthread_barrier_wait(&start);
    double began = now(), cpu = cpu_seconds();
    pthread_barrier_wait(&start);
    usleep((useconds_t) (seconds * 1e6));
    atomic_store(&is_over, 1);
    pthread_barrier_wait(&start);
    double elapsed = now() - began;
    cpu = cpu_seconds() - cpu;
    struct latencies all = {NULL, 0, 0};
    size_t retried = 0;
    for (unsigned i = 0; i < threads; i++) {
        pthread_join(workers[i].thread, NULL);
        for (size_t j = 0; j < workers[i].latencies.count; j++) add_latency(&all, workers[i].latencies.seconds[j]);
        retried += workers[i].retried;
    }
    report(&all, elapsed);
    printf("retried:%zu %.0f\n", retried, cpu * 1e3);
    return all.count == 0;
}
