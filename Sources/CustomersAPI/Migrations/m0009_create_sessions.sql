CREATE TABLE sessions (
    id BINARY(16) NOT NULL,
    customer_id BIGINT UNSIGNED NOT NULL,
    token_digest BINARY(32) NOT NULL,
    used_digest BINARY(32) NULL,
    used_at DATETIME(6) NULL,
    created_at DATETIME(6) NOT NULL,
    expires_at DATETIME(6) NOT NULL,
    PRIMARY KEY (id),
    KEY ix_sessions_customer (customer_id, created_at),
    KEY ix_sessions_expires_at (expires_at),
    CONSTRAINT fk_sessions_credentials FOREIGN KEY (customer_id) REFERENCES credentials (customer_id) ON DELETE CASCADE
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_unicode_ci
