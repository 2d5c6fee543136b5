ALTER TABLE order_sagas
    ADD COLUMN asks_gateway BOOLEAN GENERATED ALWAYS AS (step <> 'RESERVE') STORED,
    ADD KEY ix_order_sagas_asks_gateway (asks_gateway, run_at),
    DROP KEY ix_order_sagas_run_at
