"""Takes the order events out of a RabbitMQ queue, and does each order's events once and in their order.

The broker delivers at least once: after a crash an event comes again. `sequence` counts the events of one order from 1, so whoever
keeps the last one done for each order tells a repetition. What is done and that number are stored in one transaction, before
the message is acknowledged; wherever a crash comes, nothing is lost and nothing is done twice.
"""

import argparse
import json
import sqlite3

import pika


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--url", required=True, help="amqp://user:password@host:port/vhost")
    parser.add_argument("--queue", required=True)
    parser.add_argument("--state", required=True, help="the SQLite file with what was done")
    parser.add_argument("--idle-seconds", type=float, help="end when nothing has come for so long; else go on for ever")
    options = parser.parse_args()

    database = sqlite3.connect(options.state)
    database.execute("CREATE TABLE IF NOT EXISTS orders_done (order_key TEXT PRIMARY KEY, sequence INTEGER NOT NULL)")
    connection = pika.BlockingConnection(pika.URLParameters(options.url))
    channel = connection.channel()
    channel.basic_qos(prefetch_count=64)
    for method, _, body in channel.consume(options.queue, inactivity_timeout=options.idle_seconds):
        if method is None:
            break
        event = json.loads(body)
        outcome = "processed" if process_once(database, event) else "duplicate"
        print(outcome, event["type"], event["subject"], event["sequence"], flush=True)
        channel.basic_ack(method.delivery_tag)
    channel.cancel()
    connection.close()


def process_once(database, event):
    """Does an event, unless it was done before; says whether it did."""
    with database:
        row = database.execute("SELECT sequence FROM orders_done WHERE order_key = ?", [event["partitionkey"]]).fetchone()
        sequence = int(event["sequence"])
        if row and sequence <= row[0]:
            return False
        # Your own statements belong here, on the same connection.
        database.execute(
            "INSERT INTO orders_done VALUES (?, ?) ON CONFLICT (order_key) DO UPDATE SET sequence = excluded.sequence",
            [event["partitionkey"], sequence],
        )
        return True


main()
