CREATE TABLE guesses (
    id BINARY(32) NOT NULL,
    free_at DATETIME(6) NOT NULL,
    PRIMARY KEY (id),
    KEY ix_guesses_free_at (free_at)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_unicode_ci
