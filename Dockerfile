# Two images from one file: docker build --target gateway -t kawan-gateway .
#                           docker build --target assistant -t kawan-assistant .
# The steps are those of ./kawan up: uv from its lock, then the program's lock, then the model.
# Both need REDIS_URL; the gateway's LOG_KEY and the assistant's have to be the same.

FROM python:3.11-slim AS gateway
ENV PYTHONUNBUFFERED=1 KAWAN_ROOT=/app PYTHONPATH=/app HOST=0.0.0.0 PORT=8080
WORKDIR /app
COPY requirements/uv.txt requirements/gateway.txt requirements/
RUN python -m pip install --no-cache-dir --require-hashes --only-binary :all: -r requirements/uv.txt \
    && uv pip install --system --no-cache --require-hashes -r requirements/gateway.txt
COPY bot bot
RUN useradd --create-home --uid 10001 kawan && python -m compileall -q bot
USER 10001
EXPOSE 8080
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=15s --timeout=5s --start-period=30s --retries=3 \
    CMD ["python", "-c", "import os, urllib.request; urllib.request.urlopen(f'http://127.0.0.1:{os.environ[\"PORT\"]}/readyz', timeout=4)"]
CMD ["python", "-m", "bot.gateway"]

FROM python:3.10-slim AS assistant
ENV PYTHONUNBUFFERED=1 KAWAN_ROOT=/app PYTHONPATH=/app \
    TF_CPP_MIN_LOG_LEVEL=3 TF_ENABLE_ONEDNN_OPTS=0 CUDA_VISIBLE_DEVICES=-1 OMP_NUM_THREADS=1 \
    RASA_TELEMETRY_ENABLED=false PYTHONWARNINGS=ignore MPLCONFIGDIR=/tmp/mpl
WORKDIR /app
COPY requirements/uv.txt requirements/assistant.txt requirements/
RUN python -m pip install --no-cache-dir --require-hashes --only-binary :all: -r requirements/uv.txt \
    && uv pip install --system --no-cache --require-hashes -r requirements/assistant.txt
COPY config.yml domain.yml endpoints.yml ./
COPY bot/__init__.py bot/__init__.py
COPY bot/contract bot/contract
COPY bot/assistant bot/assistant
COPY nlu nlu
COPY actions actions
COPY data data
RUN useradd --create-home --uid 10001 kawan && python -m compileall -q bot nlu actions \
    && python -m bot.assistant.training
USER 10001
STOPSIGNAL SIGTERM
CMD ["python", "-m", "bot.assistant"]
