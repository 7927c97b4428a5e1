# The application: one small image, no build tools, no root.
# Not built by the tests of this project, which run where no container engine does.
FROM python:3.13-slim AS build
WORKDIR /build
COPY requirements.txt .
RUN python -m venv /venv \
 && /venv/bin/pip install --no-cache-dir --require-hashes --only-binary :all: -r requirements.txt

FROM python:3.13-slim
RUN useradd --system --uid 10001 --no-create-home app \
 && install -d -o app -g app -m 0700 /data
COPY --from=build /venv /venv
WORKDIR /srv
COPY gunicorn.conf.py ./
COPY app app
COPY doctor doctor
COPY templates templates
COPY static static
ENV PATH=/venv/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    DATABASE_PATH=/data/app.sqlite3 \
    BIND=0.0.0.0 \
    PORT=8000
USER 10001
EXPOSE 8000
VOLUME /data
HEALTHCHECK --interval=10s --timeout=3s CMD \
  ["python", "-c", "import os, urllib.request as r; r.urlopen(f'http://127.0.0.1:{os.environ[\"PORT\"]}/healthz', timeout=2)"]
CMD ["gunicorn"]
