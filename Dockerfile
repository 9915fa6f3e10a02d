# The command line in a container: docker build -t newsdump-cleaner .   More extras: --build-arg EXTRAS=arrow,warc,remote,ray
ARG PYTHON=3.11-slim-bookworm

FROM python:${PYTHON} AS build
ARG EXTRAS=arrow,warc,remote
WORKDIR /src
COPY pyproject.toml constraints.txt README.md LICENSE ./
COPY cleaner cleaner
COPY rules rules
RUN python -m venv /opt/cleaner \
    && /opt/cleaner/bin/pip install --no-cache-dir --no-compile -c constraints.txt ".[${EXTRAS}]" \
    && /opt/cleaner/bin/pip uninstall --yes pip setuptools \
    && find /opt/cleaner -depth -type d \( -name tests -o -name __pycache__ -o -name include \) -exec rm -rf {} +

FROM python:${PYTHON}
RUN useradd --uid 10001 --create-home --shell /usr/sbin/nologin cleaner
COPY --from=build /opt/cleaner /opt/cleaner
ENV PATH=/opt/cleaner/bin:$PATH PYTHONUNBUFFERED=1
USER 10001
WORKDIR /home/cleaner
# The rules are checked and cached once, here, not at each start.
RUN cleaner rules lint
ENTRYPOINT ["cleaner"]
CMD ["--help"]
