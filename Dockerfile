# The economy, its System Service and every other command in one image. Sources run as they are under the pinned Node: nothing is compiled.
ARG NODE_IMAGE=node:26.10.0-bookworm-slim

FROM ${NODE_IMAGE} AS dependencies
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
COPY packages/benchmark/package.json packages/benchmark/package.json
COPY packages/console/package.json packages/console/package.json
COPY packages/contract/package.json packages/contract/package.json
COPY packages/economy/package.json packages/economy/package.json
COPY packages/runtime/package.json packages/runtime/package.json
COPY packages/sdk/package.json packages/sdk/package.json
COPY packages/simulation/package.json packages/simulation/package.json
COPY packages/solver/package.json packages/solver/package.json
COPY packages/syntropism/package.json packages/syntropism/package.json
# The image brings Node 26 itself, so the pinned binaries of the optional dependencies stay out.
RUN npm ci --omit=dev --omit=optional --ignore-scripts

FROM ${NODE_IMAGE} AS economy
RUN apt-get update && apt-get install --yes --no-install-recommends bubblewrap time && rm -rf /var/lib/apt/lists/* \
  && install --directory --owner=node --group=node --mode=0700 /data
WORKDIR /app
COPY --from=dependencies /app/node_modules node_modules
COPY package.json LICENSE ./
COPY packages packages
COPY sdk-python/src sdk-python/src
COPY agents agents
COPY scenarios scenarios
ENV NODE_ENV=production SYNTROPISM_DATA=/data
USER node
VOLUME /data
EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=10s --start-period=30s --retries=3 \
  CMD ["node", "-e", "fetch('http://127.0.0.1:' + (process.env.SYNTROPISM_PORT ?? 8000) + '/health').then((answer) => process.exit(answer.ok ? 0 : 1), () => process.exit(1))"]
ENTRYPOINT ["node", "packages/syntropism/bin/syntropism.js"]
CMD ["live", "--plain"]
