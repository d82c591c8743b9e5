# The Collector as its makers publish it, with a folder for its queue that its user owns, and a program that can ask for its health.
FROM busybox:1.37.0-musl AS folders
RUN mkdir -p /queue && chown 10001:10001 /queue && chmod 0700 /queue

FROM otel/opentelemetry-collector-contrib:0.161.0
COPY --from=folders /bin/busybox /bin/busybox
COPY --from=folders --chown=10001:10001 /queue /queue
USER 10001:10001
CMD ["--config=/etc/otelcol/config.yaml"]
