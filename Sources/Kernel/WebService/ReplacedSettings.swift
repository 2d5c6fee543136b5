package import Settings

extension ReplacedSetting {
    /// What users of the NestJS services that this product replaces have in their environment; `docs/coming-from-nest.md` has them all.
    ///
    /// Settings that work under their former name are not among them.
    package static let ofOtherProducts: [ReplacedSetting] = [
        ReplacedSetting(
            "API_PREFIX", agreeingWith: ["api/v1", "/api/v1"],
            "the paths are those of openapi/; a gateway can rename them (deploy/gateway/nginx.conf)."),
        ReplacedSetting("NODE_ENV", agreeingWith: ["production"], "a release build is the same everywhere."),
        ReplacedSetting(
            "DATABASE_URL",
            "use DB_HOST, DB_PORT, DB_USERNAME, DB_PASSWORD and DB_NAME; the database is MySQL or MariaDB."),
        ReplacedSetting("DATABASE_HOST", "use DB_HOST."),
        ReplacedSetting("DATABASE_PORT", "use DB_PORT."),
        ReplacedSetting("DATABASE_USERNAME", "use DB_USERNAME."),
        ReplacedSetting("DATABASE_PASSWORD", "use DB_PASSWORD."),
        ReplacedSetting("DATABASE_NAME", "use DB_NAME."),
        ReplacedSetting("DATABASE_SSL", agreeingWith: ["false"], "use DB_TLS=TRUE."),
        ReplacedSetting("DB_SSL", agreeingWith: ["false"], "use DB_TLS=TRUE."),
        ReplacedSetting(
            "DB_SYNCHRONIZE", agreeingWith: ["false"], "use SYNCHRONIZE=TRUE, which applies migrations at the start."),
        ReplacedSetting(
            "RUN_MIGRATIONS", agreeingWith: ["false"], "use SYNCHRONIZE=TRUE, which applies migrations at the start."),
        ReplacedSetting("DB_LOGGING", agreeingWith: ["false"], "LOG_LEVEL=debug logs what a request did."),
        ReplacedSetting("DB_MAX_CONNECTIONS", "use DB_CONNECTIONS_MAX."),
        ReplacedSetting("REDIS_*", "nothing is kept in Redis; keys, locks and waiting work are in the database."),
        ReplacedSetting("RABBITMQ_URL", "use AMQP_URL."),
        ReplacedSetting(
            "RABBITMQ_EXCHANGE", agreeingWith: ["orchestrator.events"], "the exchange is orchestrator.events."),
        ReplacedSetting(
            "BULL_BOARD_*",
            "GET /admin/sagas/find-all and GET /admin/deliveries/find-all show what waits and what failed."),
        ReplacedSetting("BULL_*", "waiting work is in the database and needs no queue to be set up."),
        ReplacedSetting("QUEUE_*", "waiting work is in the database and needs no queue to be set up."),
        ReplacedSetting("JWT_REFRESH_SECRET", "refresh tokens are random and kept as digests; nothing signs them."),
        ReplacedSetting("JWT_VERIFICATION_*", "the link in the mail has a random token, kept as a digest."),
        ReplacedSetting(
            "EMAIL_PROVIDER", agreeingWith: ["mock"], "mail goes by SMTP, which every provider speaks: use SMTP_URL."),
        ReplacedSetting(
            "EMAIL_PROVIDER_API_KEY",
            "mail goes by SMTP, which every provider speaks: put the key into SMTP_URL as its password."),
        ReplacedSetting("EMAIL_FROM_*", "use MAIL_FROM."),
        ReplacedSetting("SMS_*", "there are no text messages; the channels are webhooks, mail and Telegram."),
        ReplacedSetting("PAYMENT_GATEWAY_API_KEY", "use PAYMENT_GATEWAY_KEY."),
        ReplacedSetting("PAYMENT_GATEWAY_SECRET", "use PAYMENT_GATEWAY_KEY."),
        ReplacedSetting("PAYMENT_WEBHOOK_SECRET", "the gateway is asked for an outcome; it need not call back."),
        ReplacedSetting(
            "ENABLE_PROMETHEUS", agreeingWith: ["true"], "GET /metrics is always there; a gateway can close it."),
        ReplacedSetting("PROMETHEUS_PORT", "GET /metrics is at the service's own PORT."),
        ReplacedSetting(
            "HEALTH_CHECK_TIMEOUT", "each check of GET /health/ready ends within 900 ms, before any prober gives up."),
        ReplacedSetting("CORS_ORIGIN", "use CORS_ORIGINS, a list without wildcards."),
        ReplacedSetting("CORS_ALLOWED_HEADERS", "all headers that the contract names are allowed."),
        ReplacedSetting("CORS_METHODS", "all methods that the contract names are allowed."),
        ReplacedSetting("CORS_CREDENTIALS", "there are no cookies; a token is a header."),
        ReplacedSetting(
            "RATE_LIMIT_*", except: CallerSettings.rateNames,
            "use RATE_LIMIT_REQUESTS and RATE_LIMIT_WINDOW_SECONDS, which limit each caller; there is no limit by default."
        ),
        ReplacedSetting("HELMET_ENABLED", "only JSON is served; a gateway adds headers for browsers."),
        ReplacedSetting("HSTS_MAX_AGE", "TLS ends at the gateway, and so does this header."),
        ReplacedSetting("LOG_FILE_*", "lines go to standard output; what runs the service keeps them."),
        ReplacedSetting("LOG_MAX_*", "lines go to standard output; what runs the service keeps them."),
        ReplacedSetting(
            "ENABLE_SWAGGER", agreeingWith: ["true"], "the API reference is at /docs where WEB_DIRECTORY is set."),
        ReplacedSetting(
            "SWAGGER_PATH", agreeingWith: ["api/docs", "/api/docs", "docs", "/docs"],
            "the API reference is at /docs and /api/docs where WEB_DIRECTORY is set."),
        ReplacedSetting("IDEMPOTENCY_KEY_TTL", "use IDEMPOTENCY_TTL_HOURS, 24 or more."),
        ReplacedSetting("IDEMPOTENCY_STORAGE", "keys are kept in the database, in the transaction of their effect."),
        ReplacedSetting(
            "INVENTORY_RESERVATION_TTL",
            "use RESERVATION_TTL_MINUTES, and SAGA_DEADLINE_MINUTES for asynchronous orders."),
        ReplacedSetting("CIRCUIT_BREAKER_*", "CUSTOMERS_CIRCUIT_… and ORDERS_CIRCUIT_…, whose defaults fit most."),
        ReplacedSetting("RETRY_ATTEMPTS", "what may be repeated is repeated until its deadline."),
        ReplacedSetting(
            "RETRY_DELAY", "what may be repeated is repeated after 1 s and then ever later, up to a minute."),
        ReplacedSetting(
            "RETRY_BACKOFF", agreeingWith: ["exponential"],
            "what may be repeated is repeated after 1 s and then ever later, up to a minute."),
        ReplacedSetting("CLUSTER_MODE", "one process uses all processors; start as many as you like on one database."),
        ReplacedSetting("PM2_INSTANCES", "one process uses all processors; start as many as you like on one database."),
    ]
}
