# NATS that runs as nobody: the folder of its streams belongs to that user, so a new volume does too.
FROM nats:2.15.1-alpine
RUN install -d -o 65534 -g 65534 -m 0700 /data
USER 65534:65534
CMD ["--jetstream", "--store_dir=/data", "--http_port=8222", "--name=syntropism"]
