# syntax=docker/dockerfile:1

FROM python:3.12-slim-trixie AS build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PYTHONDONTWRITEBYTECODE=1
RUN python -m venv /venv
ENV PATH=/venv/bin:$PATH
WORKDIR /app
# This comes before the code, so that the layer is rebuilt only when a version changes.
COPY requirements.txt .
RUN pip install --no-cache-dir --require-hashes -r requirements.txt
COPY . .
# The server may not write here, so translations are compiled and static files collected now. The
# key only lets the settings load; it signs nothing and stays out of the image.
RUN export SECRET_KEY=only-to-collect-the-static-files-with DATA_DIR=/tmp/data \
    && python manage.py compilemessages \
    && python manage.py collectstatic --noinput

FROM python:3.12-slim-trixie
LABEL org.opencontainers.image.title="Quantix" \
      org.opencontainers.image.licenses="BSD-3-Clause"
# `manage.py backup` and `restore` run pg_dump, pg_restore and psql, which must not be older than
# the server. Those of trixie are of PostgreSQL 17, which compose.yaml runs.
RUN apt-get update \
    && apt-get install --yes --no-install-recommends postgresql-client \
    && rm -rf /var/lib/apt/lists/*
# A data file of the volume must belong to the same user in every version of the image.
RUN groupadd --system --gid 10001 quantix \
    && useradd --system --uid 10001 --gid quantix --no-create-home --home-dir /nonexistent quantix \
    && install --directory --owner=quantix --group=quantix --mode=700 /data
COPY --from=build /venv /venv
COPY --from=build /app /app
WORKDIR /app
# DEMO=0, so that a container's database stays empty unless somebody asks for the demo.
ENV PATH=/venv/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    DATA_DIR=/data \
    DEMO=0
USER quantix
VOLUME /data
EXPOSE 8000
HEALTHCHECK --interval=30s --timeout=5s --start-period=30s --retries=3 \
    CMD ["python", "-m", "quantix.probe", "8000"]
ENTRYPOINT ["python", "-m", "quantix.entrypoint"]
CMD ["python", "-m", "gunicorn", "--config", "quantix/gunicorn.py", "--bind", "0.0.0.0:8000", "quantix.wsgi"]
