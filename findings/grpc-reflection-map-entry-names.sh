#!/bin/bash
# Package:   @grpc/reflection 1.0.4 with @grpc/grpc-js 1.14.1, @grpc/proto-loader 0.7.15 and protobufjs 7.6.6 (npm)
# Behaviour: the server reflection of Node gives file descriptors whose fields name a type as the source does, without package and without
#            the dot at the beginning, and in which the entry of a map is called by the field, without "Entry". Its methods have full
#            names. descriptor.proto allows bare names: the innermost scope that has the name counts. But protoc always writes full
#            ones, so a client that looks up what is behind the dot, or finds entries by their name, works with all other servers and
#            fails here.
# Seen:      for the message shop.Order with `map<string, string> labels` and `Item item`, protoc 3.21 writes the types
#            ".shop.Order.LabelsEntry" and ".shop.Item"; reflection gives "Labels" and "Item", and the nested type is called "Labels".
# Everything it installs goes into a throw-away layer over / in a temporary folder (an overlay; needs root): the system stays as it is.
if [ -z "${IN_LAYER:-}" ]; then
    LAYER=$(mktemp -d); export LAYER IN_LAYER=1; code=0
    unshare --mount --fork --kill-child bash -euc '
        mount -t tmpfs tmpfs "$LAYER"; mkdir "$LAYER/up" "$LAYER/work" "$LAYER/root"
        mount -t overlay overlay -o "lowerdir=/,upperdir=$LAYER/up,workdir=$LAYER/work" "$LAYER/root"
        for d in dev proc sys; do mount --rbind "/$d" "$LAYER/root/$d"; done
        printf "#!/bin/sh\nexit 101\n" >"$LAYER/root/usr/sbin/policy-rc.d"; chmod +x "$LAYER/root/usr/sbin/policy-rc.d"
        cp "$0" "$LAYER/root/tmp/finding.sh"; exec chroot "$LAYER/root" /bin/bash /tmp/finding.sh' "$0" || code=$?
    rmdir "$LAYER"; exit "$code"
fi
set -eu
package=@grpc/reflection version=1.0.4
fail() { echo "CHANGED ($package $version): $*"; exit 1; }
{ command -v node && command -v npm && command -v protoc; } >/dev/null || {
    apt-get update -q >/dev/null 2>&1
    DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends \
        $(command -v node >/dev/null || echo nodejs) $(command -v npm >/dev/null || echo npm) protobuf-compiler >/dev/null; }
dir=$(mktemp -d); trap 'rm -rf "$dir"' EXIT; cd "$dir"
npm install --ignore-scripts --no-audit --no-fund --loglevel=error --prefix "$dir" \
    $package@$version @grpc/grpc-js@1.14.1 @grpc/proto-loader@0.7.15 protobufjs@7.6.6 >/dev/null
cat >shop.proto <<'END'
syntax = "proto3";
package shop;
message Item { string name = 1; }
message Order { map<string, string> labels = 1; Item item = 2; }
service Shop { rpc Buy(Order) returns (Item); }
END
protoc --descriptor_set_out=shop.set shop.proto
cat >look.js <<'END'
const fs = require('fs'), grpc = require('@grpc/grpc-js'), loader = require('@grpc/proto-loader')
const { ReflectionService } = require('@grpc/reflection')
const { FileDescriptorProto, FileDescriptorSet } = require('protobufjs/ext/descriptor')

const show = (who, file) => {
  const order = file.messageType.find(m => m.name === 'Order')
  console.log(who, ...order.field.map(f => `${f.name}=${f.typeName}`).sort(), ...order.nestedType.map(t => `nested=${t.name}`))
}
show('protoc', FileDescriptorSet.decode(fs.readFileSync('shop.set')).file[0])

const definition = loader.loadSync('shop.proto', { keepCase: true })
const server = new grpc.Server()
server.addService(grpc.loadPackageDefinition(definition).shop.Shop.service, { Buy: (call, done) => done(null, { name: 'x' }) })
new ReflectionService(definition).addToServer(server)
server.bindAsync('127.0.0.1:0', grpc.ServerCredentials.createInsecure(), (failed, port) => {
  if (failed) throw failed
  const proto = 'node_modules/@grpc/reflection/build/proto/grpc/reflection/v1/reflection.proto'
  const Client = grpc.loadPackageDefinition(loader.loadSync(proto, { keepCase: true })).grpc.reflection.v1.ServerReflection
  const call = new Client(`127.0.0.1:${port}`, grpc.credentials.createInsecure()).ServerReflectionInfo()
  call.on('data', answer => {
    const files = answer.file_descriptor_response.file_descriptor_proto.map(bytes => FileDescriptorProto.decode(bytes))
    show('reflection', files.find(f => f.package === 'shop'))
    process.exit(0)
  })
  call.write({ file_containing_symbol: 'shop.Shop' })
})
setTimeout(() => process.exit(1), 20000)
END
node look.js >seen.txt || fail "it gives no file"
cat seen.txt
grep -qx 'protoc item=.shop.Item labels=.shop.Order.LabelsEntry nested=LabelsEntry' seen.txt || fail "protoc writes other names"
grep -qx 'reflection item=Item labels=Labels nested=Labels' seen.txt || fail "reflection gives other names"
echo "as described ($package $version)"
