"""Enqueues Celery tasks with an argument of 1 KiB into a quorum queue, each confirmed by the broker. Prints tasks a second.

Usage: celery-publish.py URL QUEUE SECONDS
"""

import sys
import time

import celery
import kombu

url, queue, seconds = sys.argv[1], sys.argv[2], float(sys.argv[3])
application = celery.Celery("bench", broker=url)
application.conf.update(
    broker_transport_options={"confirm_publish": True},
    task_ignore_result=True,
    task_queues=[
        kombu.Queue(
            queue, kombu.Exchange(queue, "topic"), routing_key=queue, queue_arguments={"x-queue-type": "quorum"}
        )
    ],
    task_default_queue=queue,
    task_default_delivery_mode="persistent",
)


@application.task(name="bench.task")
def task(text):
    pass


text = "x" * 1024
task.apply_async((text,))  # Connects and declares.
start = time.monotonic()
count = 0
while time.monotonic() < start + seconds:
    task.apply_async((text,))
    count += 1
print("%.1f" % (count / (time.monotonic() - start)))
