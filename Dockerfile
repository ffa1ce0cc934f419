# Reads digit strings; nothing else is in it. Non-root, and the file system may be read-only:
#
#   docker build --tag sdnn .
#   docker run --rm --read-only --network none --volume "$PWD/scans:/data:ro" sdnn read /data --json > out.jsonl
#
# EXTRAS adds what reading can use besides, as in --build-arg EXTRAS=[pdf,heic].
FROM python:3.13-slim AS build
ARG EXTRAS=""
WORKDIR /source
COPY pyproject.toml README.md LICENSE ./
COPY sdnn sdnn
RUN python -m venv /opt/sdnn \
 && /opt/sdnn/bin/pip install --no-cache-dir ".${EXTRAS}" \
 && /opt/sdnn/bin/pip uninstall --yes pip

FROM python:3.13-slim
LABEL org.opencontainers.image.title="sdnn" \
      org.opencontainers.image.description="Reads handwritten digit strings." \
      org.opencontainers.image.licenses="MIT"
RUN useradd --uid 10001 --create-home --shell /usr/sbin/nologin reader
COPY --from=build /opt/sdnn /opt/sdnn
ENV PATH=/opt/sdnn/bin:$PATH \
    ORT_DISABLE_TELEMETRY=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1
USER 10001
WORKDIR /data
ENTRYPOINT ["sdnn"]
CMD ["--help"]
