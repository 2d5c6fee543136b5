CREATE TABLE IF NOT EXISTS lanes (
    endpoint_id BIGINT UNSIGNED NOT NULL,
    order_id BIGINT UNSIGNED NOT NULL,
    replay BIGINT UNSIGNED NOT NULL,
    run_at DATETIME(6) NOT NULL,
    fence BIGINT UNSIGNED NOT NULL,
    PRIMARY KEY (endpoint_id, order_id, replay),
    KEY ix_lanes_run_at (endpoint_id, run_at)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_unicode_ci
