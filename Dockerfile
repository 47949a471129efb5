# tap-kombo as a program. There is no git in the image, so say which version it is:
# docker build --build-arg VERSION=1.2.3 --tag tap-kombo .
FROM python:3.14-slim AS build
ARG VERSION
WORKDIR /src
COPY pyproject.toml README.md LICENSE ./
COPY constraints constraints
COPY tap_kombo tap_kombo
RUN export SETUPTOOLS_SCM_PRETEND_VERSION="${VERSION:?is not given}" \
  && python -m venv /opt/tap-kombo \
  && /opt/tap-kombo/bin/pip install --no-cache-dir --constraint constraints/dev.txt .

FROM python:3.14-slim
COPY --from=build /opt/tap-kombo /opt/tap-kombo
RUN useradd --create-home --uid 1000 kombo
USER 1000
WORKDIR /home/kombo
ENTRYPOINT ["/opt/tap-kombo/bin/tap-kombo"]
