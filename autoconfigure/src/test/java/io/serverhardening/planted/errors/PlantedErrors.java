package io.serverhardening.planted.errors;

/**
 * Keeps every rule.
 */
public class PlantedErrors {

}
