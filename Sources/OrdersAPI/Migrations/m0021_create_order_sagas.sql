CREATE TABLE IF NOT EXISTS order_sagas (
    order_id BIGINT UNSIGNED NOT NULL,
    step VARCHAR(16) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    state VARCHAR(8) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    run_at DATETIME(6) NULL,
    fence BIGINT UNSIGNED NOT NULL,
    attempts INT UNSIGNED NOT NULL,
    key_generation INT UNSIGNED NOT NULL,
    deadline_at DATETIME(6) NOT NULL,
    traceparent VARCHAR(55) CHARACTER SET ascii COLLATE ascii_bin NULL,
    last_error VARCHAR(500) NULL,
    PRIMARY KEY (order_id),
    KEY ix_order_sagas_run_at (run_at),
    KEY ix_order_sagas_state (state, order_id)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_unicode_ci
