# One image for the service, the trainer and the command; `--target mlflow` is the tracking server beside it.
FROM debian:bookworm-slim AS base
RUN apt-get update \
    && apt-get install --yes --no-install-recommends ca-certificates libgomp1 python3 \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --uid 10001 --create-home --home-dir /home/uptier uptier

FROM base AS build
RUN apt-get update && apt-get install --yes --no-install-recommends python3-venv
RUN python3 -m venv /opt/uptier
COPY requirements.txt /source/
RUN /opt/uptier/bin/pip install --no-cache-dir --require-hashes --requirement /source/requirements.txt
COPY pyproject.toml README.md LICENSE uptier.py uptier_terminal.py /source/
COPY features /source/features
COPY models /source/models
COPY training /source/training
COPY serving /source/serving
RUN /opt/uptier/bin/pip install --no-cache-dir --no-deps /source

# The tracking server: MLflow with its web pages, which the product itself does without.
FROM base AS mlflow
RUN apt-get update && apt-get install --yes --no-install-recommends python3-venv && rm -rf /var/lib/apt/lists/*
RUN python3 -m venv /opt/mlflow && /opt/mlflow/bin/pip install --no-cache-dir "mlflow==3.17.2" "psycopg[binary]>=3.2"
RUN mkdir /artifacts && chown uptier /artifacts
USER uptier
ENV PATH=/opt/mlflow/bin:$PATH
EXPOSE 5000

FROM base AS uptier
COPY --from=build /opt/uptier /opt/uptier
RUN mkdir /project && chown uptier /project
USER uptier
WORKDIR /project
# Compiled loops are kept in the project's folder, so that the root may be read-only and a restart is quick.
ENV PATH=/opt/uptier/bin:$PATH PYTHONDONTWRITEBYTECODE=1 NUMBA_CACHE_DIR=/project/workspace/compiled
EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=3s --start-period=60s \
    CMD ["python", "-c", "import urllib.request as u; u.urlopen('http://127.0.0.1:8000/healthz', timeout=2)"]
ENTRYPOINT ["uptier"]
CMD ["serve", "--host", "0.0.0.0", "--port", "8000"]
