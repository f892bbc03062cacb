# Three images of one build:
#   docker build --target service   -t intercom-sync .
#   docker build --target connector -t intercom-sync-connector .
#   docker build --target simulator -t intercom-sync-simulator .
# `npm run test:images` builds and runs them. A release adds --build-arg REVISION=$(git rev-parse HEAD).

FROM node:24-bookworm-slim AS build
WORKDIR /build
COPY package.json package-lock.json .npmrc ./
RUN npm ci --ignore-scripts
COPY tsconfig.json tsconfig.build.json ./
COPY src ./src
COPY simulator ./simulator
COPY assembly ./assembly
COPY scripts/assembly.js scripts/bundle.js ./scripts/
COPY console ./console
COPY docs/errors.md ./docs/
RUN npx tsc --project tsconfig.build.json && node scripts/bundle.js && npx vite build console

FROM node:24-bookworm-slim AS packages
WORKDIR /packages
COPY package.json package-lock.json .npmrc ./
RUN npm ci --ignore-scripts --omit=dev

FROM node:24-bookworm-slim AS product
WORKDIR /app
COPY --from=packages /packages/node_modules ./node_modules
COPY package.json LICENSE ./
# Where the connector's form sends people: --build-arg DOCS_URL=https://...
ARG DOCS_URL
RUN [ -z "$DOCS_URL" ] || npm pkg set "homepage=$DOCS_URL"
# Answers come and go by the thousand, in pieces of some 300 KB. glibc would soon keep such pieces among the small ones and
# give little of them back; so each stays a mapping of its own, which is given back as it is freed.
ENV MALLOC_MMAP_THRESHOLD_=131072
COPY bin ./bin
COPY schemas ./schemas
COPY --from=build /build/dist/src ./dist/src
COPY --from=build /build/dist/bundle/product ./dist/bundle/product
ARG REVISION=unknown
LABEL org.opencontainers.image.version="0.1.0" \
  org.opencontainers.image.revision="$REVISION" \
  org.opencontainers.image.licenses="MIT" \
  org.opencontainers.image.source="https://github.com/intercom-sync/intercom-sync" \
  org.opencontainers.image.base.name="docker.io/library/node:24-bookworm-slim"

# An Intercom to try things out with; it has no place beside the service.
FROM product AS simulator
COPY --from=build /build/dist/simulator ./dist/simulator
LABEL org.opencontainers.image.title="intercom-sync-simulator" \
  org.opencontainers.image.description="A simulated Intercom, to try intercom-sync with" \
  org.opencontainers.image.documentation="https://github.com/intercom-sync/intercom-sync/blob/main/docs/operations.md"
USER 1000:1000
EXPOSE 4010
ENTRYPOINT ["node", "/app/dist/simulator/main.js", "--host", "0.0.0.0"]

# Airbyte calls AIRBYTE_ENTRYPOINT from a shell of this image, as user 1000 and from a folder of its own.
FROM product AS connector
RUN groupmod --new-name airbyte node && usermod --login airbyte --home /airbyte --move-home node
LABEL io.airbyte.name="intercom-sync-connector" io.airbyte.version="0.1.0"
LABEL org.opencontainers.image.title="intercom-sync-connector" \
  org.opencontainers.image.description="An Airbyte source that syncs Intercom" \
  org.opencontainers.image.documentation="https://github.com/intercom-sync/intercom-sync/blob/main/docs/airbyte.md"
ENV AIRBYTE_ENTRYPOINT="/app/bin/intercom-sync"
USER 1000:1000
ENTRYPOINT ["/app/bin/intercom-sync"]

# The last one is what a build without --target makes.
FROM product AS service
COPY --from=build /build/dist/console ./dist/console
RUN mkdir /data && chown 1000:1000 /data
LABEL org.opencontainers.image.title="intercom-sync" \
  org.opencontainers.image.description="A long-running HTTP service that syncs Intercom" \
  org.opencontainers.image.documentation="https://github.com/intercom-sync/intercom-sync/blob/main/docs/operations.md"
# All that is ever written goes to /data, spools of companies included: the rest may be read-only.
ENV HOST=0.0.0.0 PORT=8080 METRICS_PORT=9464 DATA_DIR=/data TMPDIR=/data
USER 1000:1000
EXPOSE 8080 9464
# The port of the metrics, because a worker has no other.
HEALTHCHECK --interval=10s --timeout=5s --start-period=40s \
  CMD ["node", "-e", "fetch('http://127.0.0.1:' + process.env.METRICS_PORT + '/health/live').then(({ ok }) => process.exit(ok ? 0 : 1), () => process.exit(1))"]
ENTRYPOINT ["/app/bin/intercom-sync"]
CMD ["serve"]
