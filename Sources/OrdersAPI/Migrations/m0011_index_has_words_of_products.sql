ALTER TABLE products ADD KEY ix_has_words (has_words, id)
