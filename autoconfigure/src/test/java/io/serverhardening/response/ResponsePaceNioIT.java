package io.serverhardening.response;

/**
 * The pace at which responses are taken, without the native transport: the kernel's
 * buffer is limited in another way.
 */
class ResponsePaceNioIT extends ResponsePaceIT {

	@Override
	String transport() {
		return "nio";
	}

}
