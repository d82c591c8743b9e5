# Phoenix as its makers publish it, with a folder for its database that its user owns.
FROM busybox:1.37.0-musl AS folders
RUN mkdir -p /phoenix && chown 65532:65532 /phoenix && chmod 0700 /phoenix

FROM arizephoenix/phoenix:version-20.26.1-nonroot
COPY --from=folders --chown=65532:65532 /phoenix /phoenix
USER 65532:65532
