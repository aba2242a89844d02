# coldswarm as an image:
#
#   docker build -t coldswarm .
#   docker run --rm -v "$PWD:/work" --user "$(id -u):$(id -g)" --network host coldswarm run my.json --out run.db
#
# No image was made of this file where coldswarm is developed, because there is no container engine. tests/scripts/dockerfile.bats checks
# its syntax and that the second stage installs what the program needs; the commands of both stages run on a fresh Debian 12 with
# `scripts/fresh-machine --image`.

FROM debian:12-slim AS build
WORKDIR /src
# First what changes rarely, so that a change of a source does not install the packages again.
COPY scripts/install-deps scripts/
RUN apt-get update \
    && scripts/install-deps \
    && rm -rf /var/lib/apt/lists/*
COPY . .
RUN make -j"$(nproc)" all \
    && make PREFIX=/usr DESTDIR=/out install

FROM debian:12-slim
# The libraries of the program; gnuplot draws figures, python3 reads locustfiles, protoc reads .proto files.
RUN apt-get update \
    && apt-get install -y --no-install-recommends \
        ca-certificates gnuplot-nox libbrotli1 libcjson1 libcurl4 libhttp-parser2.9 libidn2-0 libmicrohttpd12 libnghttp2-14 \
        libpcre2-8-0 libprotobuf-c1 libsqlite3-0 libssl3 libuv1 libyaml-0-2 protobuf-compiler python3-minimal zlib1g \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --system --no-create-home --shell /usr/sbin/nologin coldswarm \
    && install -d -o coldswarm -g coldswarm /work
COPY --from=build /out/ /
USER coldswarm
WORKDIR /work
ENTRYPOINT ["coldswarm"]
CMD ["--help"]
