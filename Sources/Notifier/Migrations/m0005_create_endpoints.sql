CREATE TABLE IF NOT EXISTS endpoints (
    id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT,
    channel VARCHAR(8) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    target VARCHAR(2048) NOT NULL,
    types VARCHAR(1000) CHARACTER SET ascii COLLATE ascii_bin NULL,
    description VARCHAR(255) NULL,
    secret VARBINARY(255) NULL,
    previous_secret VARBINARY(255) NULL,
    previous_secret_until DATETIME(6) NULL,
    status VARCHAR(12) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    disabled_reason VARCHAR(16) CHARACTER SET ascii COLLATE ascii_bin NULL,
    failing_since DATETIME(6) NULL,
    created_at DATETIME(6) NOT NULL,
    updated_at DATETIME(6) NOT NULL,
    version BIGINT UNSIGNED NOT NULL DEFAULT 1,
    PRIMARY KEY (id),
    KEY ix_endpoints_status (status, id)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_unicode_ci
