/* WebAuthn speaks in bytes, the server in base64url: what stands between them. */

export function bytesOf(text) {
  const plain = atob(text.replaceAll("-", "+").replaceAll("_", "/"));
  return Uint8Array.from(plain, (letter) => letter.charCodeAt(0));
}

export function textOf(buffer) {
  const plain = String.fromCharCode(...new Uint8Array(buffer));
  return btoa(plain).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

/* Can this browser, at this address, do passkeys at all? Numbers are no host names. */
export function canPasskeys() {
  return Boolean(globalThis.PublicKeyCredential && navigator.credentials)
    && globalThis.isSecureContext
    && !/^[\d.]+$|^\[/.test(location.hostname);
}

export async function create(options) {
  const credential = await navigator.credentials.create({
    publicKey: {
      ...options,
      challenge: bytesOf(options.challenge),
      user: { ...options.user, id: bytesOf(options.user.id) },
      excludeCredentials: (options.excludeCredentials ?? []).map(named),
    },
  });
  const { response } = credential;
  return answer(credential, {
    clientDataJSON: textOf(response.clientDataJSON),
    attestationObject: textOf(response.attestationObject),
  });
}

export async function get(options) {
  const { allowCredentials, ...rest } = options;
  const credential = await navigator.credentials.get({
    publicKey: {
      ...rest,
      challenge: bytesOf(options.challenge),
      ...(allowCredentials ? { allowCredentials: allowCredentials.map(named) } : {}),
    },
  });
  const { response } = credential;
  return answer(credential, {
    clientDataJSON: textOf(response.clientDataJSON),
    authenticatorData: textOf(response.authenticatorData),
    signature: textOf(response.signature),
    ...(response.userHandle ? { userHandle: textOf(response.userHandle) } : {}),
  });
}

function named(descriptor) {
  return { ...descriptor, id: bytesOf(descriptor.id) };
}

function answer(credential, response) {
  return {
    id: credential.id,
    rawId: textOf(credential.rawId),
    type: credential.type,
    response,
    clientExtensionResults: {},
  };
}
