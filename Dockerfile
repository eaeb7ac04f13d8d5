# syntax=docker/dockerfile:1
# The packages, without what only development needs. The Node that runs Heliograph and the embedded PostgreSQL are
# among them.
FROM node:24-bookworm-slim AS packages
WORKDIR /app
COPY package.json package-lock.json ./
RUN npm ci --omit=dev --no-audit --no-fund \
 && rm -rf node_modules/node-linux-*/include node_modules/node-linux-*/share

FROM debian:bookworm-slim
# Node needs libatomic; the rest is there.
RUN apt-get update \
 && apt-get install --yes --no-install-recommends libatomic1 libstdc++6 \
 && rm -rf /var/lib/apt/lists/*
# The user who owns /data; PostgreSQL does not run as root.
RUN useradd --system --uid 10001 --no-create-home --shell /usr/sbin/nologin heliograph \
 && install -d -o heliograph -g heliograph -m 0700 /data
WORKDIR /app
COPY --from=packages /app/node_modules node_modules
COPY package.json ./
COPY migrations migrations
COPY src src
ENV PATH=/app/node_modules/.bin:$PATH \
    HELIOGRAPH_DATA_DIR=/data \
    HELIOGRAPH_CONFIG=/data/heliograph.config.json \
    HOST=0.0.0.0 \
    NODE_COMPILE_CACHE=/data/compile-cache
USER 10001
VOLUME /data
EXPOSE 4000
STOPSIGNAL SIGTERM
# Alive, not ready: a container without its database must not be ended for it.
HEALTHCHECK --interval=30s --timeout=5s --start-period=90s \
  CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.PORT ?? 4000}/livez`).then(({ ok }) => process.exit(ok ? 0 : 1), () => process.exit(1))"]
ENTRYPOINT ["node", "--disable-warning=ExperimentalWarning", "src/main.ts"]
CMD ["serve"]
