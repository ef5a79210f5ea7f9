"""The outbox: deliveries to the outside, kept as rows until they are done."""
